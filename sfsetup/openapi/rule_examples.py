"""What each acceptance rule objects to, in a line or two of a document."""

from __future__ import annotations

from typing import Final

EXAMPLES: Final = {
    "OA-A01": "openapi: 3.1.0",
    "OA-A02": "a YAML document of 3,060,000 characters",
    "OA-A03": "3,200 operations in one document",
    "OA-A04": "components: {schemas: {NeverUsed: {type: object}}}",
    "OA-A05": "$schema: http://interagent.github.io/interagent-hyper-schema",
    "OA-A06": "schema: {type: string, not: {enum: [admin]}}",
    "OA-A07": "content: {application/pdf: {schema: {type: string, format: binary}}}",
    "OA-A08": "components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}",
    "OA-A09": "schema: {$ref: common.yaml#/Error}",
    "OA-A10": "paths: {}",
    "OA-B01": "paths: {/a: {head: {responses: {'200': {description: ok}}}}}",
    "OA-B02": "get: {requestBody: {content: {application/json: {}}}}",
    "OA-B03": "parameters: [{in: query, schema: {type: string}}]",
    "OA-B04": "responses: {'200': {headers: {X-Rate-Limit: {schema: {type: integer}}}}}",
    "OA-B05": "requestBody: {content: {multipart/form-data: {schema: {type: object}}}}",
    "OA-B06": "a 2.0 document without consumes and produces",
    "OA-B07": "content: {text/plain: {schema: {type: object}}}",
    "OA-B08": "content: {application/json: {…}, application/xml: {…}}",
    "OA-B09": "parameters: [{in: cookie, name: session, schema: {type: string}}]",
    "OA-B10": "post: {callbacks: {done: {…}}}",
    "OA-B11": "get: {responses: {…}} without operationId",
    "OA-B12": "operationId: getPet and operationId: GetPet",
    "OA-B13": "description: a text of 5,000 characters",
    "OA-C01": "schema: {type: any}",
    "OA-C02": "properties: {bot_id: {}}",
    "OA-C03": "schema: {type: array}",
    "OA-C04": "schema: {type: array, items: {type: array, items: {type: string}}}",
    "OA-C05": "schema: {type: object, additionalProperties: {type: string}}",
    "OA-C06": "properties: {extra: {type: object, properties: {a: …}, additionalProperties: true}}",
    "OA-C07": "discriminator: {propertyName: kind, mapping: {cat: Cat}}",
    "OA-C08": "schema: {type: integer, default: null}",
    "OA-C09": "properties: {3dSecure: {type: boolean}}",
    "OA-C10": "properties: {id: {type: string}, ID: {type: string}}",
    "OA-C11": "$ref: '#/components/schemas/pet' for a schema called Pet",
    "OA-C12": "schema: {type: number, format: decimal}",
    "OA-C13": "Node: {properties: {children: {type: array, items: {$ref: '#/components/schemas/Node'}}}}",
}
