//! The channels' interface as OpenAPI 3.1, made from the services' shapes.

use crate::json;
use crate::version::Version;
use dsl::model::ServiceKind;
use serde_json::{Map, Value, json};

/// The document of all services.
#[must_use]
pub(super) fn document(version: &Version) -> Value {
    let mut paths = Map::new();
    for service in version.compiled.services.iter() {
        paths.insert(format!("/v1/{}", service.path), json!({ "post": ask(version, service) }));
        if service.kind != ServiceKind::Query {
            let reference = json!([{
                "name": "reference", "in": "path", "required": true, "schema": { "type": "string", "maxLength": 64 }
            }]);
            paths.insert(
                format!("/v1/{}/{{reference}}", service.path),
                json!({ "parameters": reference, "get": {
                    "summary": format!("{}: what became of it", service.label),
                    "responses": responses(version, service),
                } }),
            );
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Tongshi channels", "version": "1" },
        "security": [{ "token": [] }],
        "components": { "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } } },
        "paths": paths,
    })
}

fn ask(version: &Version, service: &dsl::model::Service) -> Value {
    json!({
        "summary": service.label,
        "operationId": service.path.replace('.', "_"),
        "parameters": [{
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "names the act where the ask has no `reference`; where it has one, the same or nothing",
            "schema": { "type": "string", "maxLength": 64 }
        }],
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": json::schema(version, service.ask) } }
        },
        "responses": responses(version, service),
    })
}

fn responses(version: &Version, service: &dsl::model::Service) -> Value {
    let reasons: Vec<&str> = service.refuse.iter().map(|reason| version.text(*reason)).collect();
    let done = json!({
        "type": "object",
        "properties": {
            "outcome": { "const": "done" },
            "flow": { "type": ["string", "null"] },
            "answer": json::schema(version, service.answer),
        }
    });
    let refused = json!({
        "type": "object",
        "properties": {
            "outcome": { "const": "refused" },
            "flow": { "type": ["string", "null"] },
            "reason": { "type": "string", "examples": reasons },
            "label": { "type": "string" },
        }
    });
    let pending = json!({ "type": "object", "properties": { "outcome": { "const": "pending" } } });
    json!({
        "200": { "description": "done or refused", "content": { "application/json": { "schema": { "oneOf": [done, refused] } } } },
        "202": { "description": "pending: known of, not yet ended", "content": { "application/json": { "schema": pending } } },
        "400": { "description": "the ask is not of its shape" },
        "401": { "description": "no channel has this token" },
        "403": { "description": "the service is not granted" },
        "409": { "description": "the reference was used with other content" },
        "503": { "description": "busy: nothing was begun" },
        "504": { "description": "it is not known whether this was taken: ask again under the same reference" },
    })
}
