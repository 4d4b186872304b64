/** The bytes of `unmasker.wat`. Made by `npm run wat`; changes by hand are lost. */
export const unmaskerCode =
  "AGFzbQEAAAABCAFgA39/fwF/AwIBAAUEAQEBAQcTAgZtZW1vcnkCAAZ1bm1hc2sAAAp/AX0CA3sCfyAC/REhAwJAA0AgAEEQaiAB" +
  "Sw0BIAAgAP0AAAAgA/1RIgT9CwAAIAUgBP1QIQUgAEEQaiEADAALCwJAA0AgACABTw0BIAAgAC0AACACcyIGOgAAIAcgBnIhByAC" +
  "QQh4IQIgAEEBaiEADAALCyAF/WQgB0GAAXFyCw==";
