//! The maker of stamped receipts: `POST /receipt` with a receipt in JSON is answered with the PDF in base64.
//!
//! In: requests over HTTP. Out: papers by `paper`. It must not know who asks.

use super::said;
use adapters::seal::Digest;
use dsl::evaluate::coded::to_base64;
use link::http::{HttpMessage, HttpService};
use link::tcp::Peer;
use link::{BoxFuture, Core};
use serde_json::{Value as Json, json};
use std::sync::Arc;

pub(super) struct Paper(pub(super) Core);

impl HttpService for Paper {
    fn handle(&self, _: &Arc<Peer>, request: HttpMessage) -> BoxFuture<'static, HttpMessage> {
        let core = self.0.clone();
        Box::pin(async move {
            if (request.method.as_str(), request.path.as_str()) != ("POST", "/receipt") {
                return said(404, &json!({ "code": "404", "text": "POST /receipt" }));
            }
            let content = request.content.clone();
            match core.offload(move || paper::receipt(&content)).await {
                Some(Ok(octets)) => said(200, &made(&octets)),
                Some(Err(error)) => said(200, &json!({ "code": "400", "text": error.to_string() })),
                None => said(503, &json!({ "code": "503", "text": "the gateway stops" })),
            }
        })
    }
}

fn made(octets: &[u8]) -> Json {
    let digest = adapters::seal::digest(Digest::Sha256, octets);
    let digest: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
    let content = String::from_utf8(to_base64(octets, false)).unwrap_or_default();
    json!({ "code": "200", "text": "", "sha256": digest, "content": content })
}
