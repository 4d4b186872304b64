/** The subpath `roomcast/asyncapi`: AsyncAPI documents of contracts. */

export {
  type AsyncApiDocument,
  type AsyncApiInfo,
  asyncapi,
  type JsonObject,
} from "./contract/asyncapi-document.ts";
