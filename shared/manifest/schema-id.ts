/** Names the shape of the document; a change that breaks readers gets a new number. */
export const manifestSchemaId = "urn:keras-cleave:manifest:1";
