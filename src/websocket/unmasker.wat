;; Takes a mask off what a client sent (RFC 6455 section 5.3), sixteen bytes at a time.
;; unmasker-code.ts holds this text as bytes: `npm run wat` writes it, and a test compares the two.

(module
  ;; One page, 64 KiB: sockets read into it, so nothing has to be copied.
  (memory (export "memory") 1 1)

  ;; Works in place on the bytes from $at up to, but not including, $end.
  ;; The lowest byte of $mask is the one for the byte at $at.
  ;; Returns 0 when all bytes are ASCII now.
  (func (export "unmask") (param $at i32) (param $end i32) (param $mask i32) (result i32)
    (local $masks v128)
    (local $block v128)
    (local $blocks v128) ;; all blocks, one laid over the other
    (local $byte i32)
    (local $bytes i32)   ;; all bytes of the rest, one laid over the other

    (local.set $masks (i32x4.splat (local.get $mask)))

    (block $end-of-blocks
      (loop $next-block
        (br_if $end-of-blocks
          (i32.gt_u (i32.add (local.get $at) (i32.const 16)) (local.get $end)))
        (v128.store align=1 (local.get $at)
          (local.tee $block
            (v128.xor (v128.load align=1 (local.get $at)) (local.get $masks))))
        (local.set $blocks (v128.or (local.get $blocks) (local.get $block)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $next-block)))

    ;; Sixteen is a multiple of four, so the rest begins with the first byte of the mask again.
    (block $end-of-bytes
      (loop $next-byte
        (br_if $end-of-bytes (i32.ge_u (local.get $at) (local.get $end)))
        (i32.store8 (local.get $at)
          (local.tee $byte (i32.xor (i32.load8_u (local.get $at)) (local.get $mask))))
        (local.set $bytes (i32.or (local.get $bytes) (local.get $byte)))
        (local.set $mask (i32.rotr (local.get $mask) (i32.const 8)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next-byte)))

    ;; A byte that is not ASCII has its highest bit set.
    (i32.or
      (i8x16.bitmask (local.get $blocks))
      (i32.and (local.get $bytes) (i32.const 0x80)))))
