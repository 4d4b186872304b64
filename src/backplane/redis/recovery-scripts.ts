/**
 * The scripts of a recoverable namespace. Redis runs each in one step. Their keys lie in one slot:
 *
 *     <namespace>:m         hash: `epoch`, `seq` (the latest number), `run` (which server numbers)
 *     <namespace>:s         stream: the events, each under its number
 *     <namespace>:a:<node>  the latest event of a process that got a number: sent again, it gets none
 *     <namespace>:p:<key>   hash of a client, under a digest of its `pid`: `g` generation, `n` process,
 *                           `e` epoch, `d` JSON, `t` when it was written, in s, and for each of its rooms
 *                           `r:<room>` the number that its stay follows, and which of its stays it is
 */

/** A script and how many of its arguments are keys. */
export interface Script {
  readonly keys: number;
  readonly text: string;
}

/** Stands for the command that publishes: sharded where the server knows that. */
const publish = "PUBLISH_COMMAND";

/** A script's text for a server with sharded pub/sub, or without. */
export function scriptText({ text }: Script, isSharded: boolean): string {
  return text.replaceAll(publish, isSharded ? "SPUBLISH" : "PUBLISH");
}

/** The first word of the error for an epoch that is over. */
export const epochError = "EPOCH";

const checkEpoch = `
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then
  return redis.error_reply('${epochError} another epoch has begun')
end`;

/**
 * Finds the epoch, or begins one where there is none of this server: another server, or the same one after a
 * restart, may not have all events. `m s; new epoch, keep` → epoch, seq
 */
const begin: Script = {
  keys: 2,
  text: `
local epoch = redis.call('HGET', KEYS[1], 'epoch')
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or ''
if not epoch or redis.call('HGET', KEYS[1], 'run') ~= run then
  epoch = ARGV[1]
  redis.call('DEL', KEYS[1], KEYS[2])
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'run', run, 'seq', 0)
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return {epoch, redis.call('HGET', KEYS[1], 'seq')}`,
};

/**
 * Numbers an event, keeps it and publishes it.
 * `m s a; epoch, id, event, most, age, keep, channels…` → seq, or 0 if it got a number before
 */
const append: Script = {
  keys: 3,
  text: `${checkEpoch}
if tonumber(ARGV[2]) <= tonumber(redis.call('GET', KEYS[3]) or '0') then return 0 end
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[6])
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], string.format('%.0f-0', seq), 't', string.format('%.0f', now), 'd', ARGV[3])
if seq % 64 == 0 then
  local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 128)
  local keep = nil
  for _, entry in ipairs(oldest) do
    if now - tonumber(entry[2][2]) <= tonumber(ARGV[5]) then break end
    keep = entry[1]
  end
  if keep then redis.call('XTRIM', KEYS[2], 'MINID', string.format('%.0f-0', tonumber(string.match(keep, '^%d+')) + 1)) end
  redis.call('PEXPIRE', KEYS[1], ARGV[6])
end
redis.call('PEXPIRE', KEYS[2], ARGV[5])
local message = 'e' .. ARGV[1] .. ':' .. string.format('%.0f', seq) .. ':' .. ARGV[3]
for i = 7, #ARGV do redis.call('${publish}', ARGV[i], message) end
return seq`,
};

/** Returns the latest number. `m; epoch` */
const head: Script = {
  keys: 1,
  text: `${checkEpoch}
return tonumber(redis.call('HGET', KEYS[1], 'seq'))`,
};

/** Reads the events after a number. `m s; epoch, number, most` → seq, [id, [t, time, d, event]]… */
const read: Script = {
  keys: 2,
  text: `${checkEpoch}
return {redis.call('HGET', KEYS[1], 'seq'), redis.call('XRANGE', KEYS[2], '(' .. ARGV[2], '+', 'COUNT', ARGV[3])}`,
};

/**
 * Writes the record of a client, if this process still owns it. `m p; epoch, generation, node, JSON, time,
 * keep, "new" or "", number of rooms, each of them and its two numbers, rooms that it has left…` → seq, or -1
 * if the process does not own it
 */
const save: Script = {
  keys: 2,
  text: `${checkEpoch}
local generation = redis.call('HGET', KEYS[2], 'g')
if ARGV[7] == 'new' then
  if generation and (generation ~= ARGV[2] or redis.call('HGET', KEYS[2], 'n') ~= ARGV[3]) then return -1 end
elseif generation ~= ARGV[2] then
  return -1
end
local seq = redis.call('HGET', KEYS[1], 'seq')
if ARGV[7] == 'new' then redis.call('DEL', KEYS[2]) end
local time = redis.call('TIME')
redis.call('HSET', KEYS[2], 'g', ARGV[2], 'n', ARGV[3], 'e', ARGV[1], 'd', ARGV[4], 't', time[1])
local last = 8 + 2 * ARGV[8]
for i = 9, last, 2 do redis.call('HSET', KEYS[2], 'r:' .. ARGV[i], ARGV[i + 1]) end
for i = last + 1, #ARGV do redis.call('HDEL', KEYS[2], 'r:' .. ARGV[i]) end
redis.call('PEXPIRE', KEYS[2], ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return tonumber(seq)`,
};

const listRooms = `
local rooms = {}
local all = redis.call('HGETALL', KEYS[2])
for i = 1, #all, 2 do
  if string.sub(all[i], 1, 2) == 'r:' then
    rooms[#rooms + 1] = string.sub(all[i], 3)
    rooms[#rooms + 1] = all[i + 1]
  end
end`;

/**
 * Claims a client from the process that owns it. `m p; epoch, node, channels of nodes, key, time` →
 * generation, JSON, each of its rooms and its two numbers, its age in s; or nothing
 */
const claim: Script = {
  keys: 2,
  text: `${checkEpoch}
local record = redis.call('HMGET', KEYS[2], 'g', 'n', 'e', 'd', 't')
if not record[1] then return false end
if record[3] ~= ARGV[1] then
  redis.call('DEL', KEYS[2])
  return false
end
local generation = redis.call('HINCRBY', KEYS[2], 'g', 1)
redis.call('HSET', KEYS[2], 'n', ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
if record[2] ~= ARGV[2] then
  redis.call('${publish}', ARGV[3] .. record[2], 'x' .. string.format('%.0f', generation) .. ':' .. ARGV[4])
end
${listRooms}
return {generation, record[4], rooms, record[5] and redis.call('TIME')[1] - record[5] + 1}`,
};

/** Reads the record of a client. `m p; epoch` → JSON, each of its rooms and its two numbers; or nothing */
const find: Script = {
  keys: 2,
  text: `${checkEpoch}
local record = redis.call('HMGET', KEYS[2], 'e', 'd')
if record[1] ~= ARGV[1] then return false end
${listRooms}
return {record[2], rooms}`,
};

/** Removes the record of a client, if this process still owns it. `p; generation` */
const drop: Script = {
  keys: 1,
  text: `
if redis.call('HGET', KEYS[1], 'g') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0`,
};

/** Publishes a message without a number, and does not keep it. `m; epoch, message, channels…` */
const pass: Script = {
  keys: 1,
  text: `${checkEpoch}
for i = 3, #ARGV do redis.call('${publish}', ARGV[i], ARGV[2]) end
return 0`,
};

/** Sends a process a barrier, which arrives after everything published before. `m; epoch, channel, id` */
const fence: Script = {
  keys: 1,
  text: `${checkEpoch}
redis.call('${publish}', ARGV[2], 'f' .. ARGV[3] .. ':' .. redis.call('HGET', KEYS[1], 'seq'))
return 0`,
};

/** All scripts, by name. */
export const recoveryScripts = { append, begin, claim, drop, fence, find, head, pass, read, save } as const;
