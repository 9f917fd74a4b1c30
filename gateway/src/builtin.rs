//! Parties that stand in the gateway's own process: what no counterparty answers. A link whose address is
//! `builtin:paper` reaches the maker of stamped receipts over HTTP on this machine's loopback, as it would reach a
//! bank's own: neither adapters nor flows nor the engine can tell.
//!
//! In: a deployment. Out: the same with the addresses at which its built-in parties listen. It must not know which
//! adapter asks.

use adapters::seal::Digest;
use bytes::Bytes;
use dsl::evaluate::coded::to_base64;
use engine::Deployment;
use link::http::{HttpMessage, HttpServer, HttpServerConfig, HttpService};
use link::tcp::Peer;
use link::{BoxFuture, Core, CoreOwner, World};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// What an address of a built-in party begins with.
const MARK: &str = "builtin:";
/// Those there are.
const NAMES: [&str; 1] = ["paper"];

/// The built-in parties of a process.
pub(crate) struct Builtin {
    _owner: CoreOwner,
    paper: HttpServer,
}

impl Builtin {
    /// Starts them.
    ///
    /// # Errors
    /// Where no address of the loopback can be had.
    pub(crate) async fn start() -> Result<Self, String> {
        let owner = Core::start(World::real());
        let config = HttpServerConfig::new("127.0.0.1:0");
        let paper = HttpServer::start(vec![owner.core()], config, Arc::new(Paper(owner.core()))).await;
        Ok(Self { paper: paper.map_err(|error| format!("the maker of receipts: {error}"))?, _owner: owner })
    }

    /// Gives links to built-in parties their addresses.
    ///
    /// # Errors
    /// Where an address names a built-in party that there is not.
    pub(crate) fn reach(&self, deployment: &mut Deployment) -> Result<(), String> {
        for (party, config) in &mut deployment.parties {
            for (link, config) in &mut config.value.links {
                let Some(address) = &mut config.value.address else { continue };
                let Some(name) = address.strip_prefix(MARK) else { continue };
                if !NAMES.contains(&name) {
                    let known = NAMES.join(", ");
                    return Err(format!(
                        "parties.{party}.links.{link}: no `{MARK}{name}`; there is: {known}"
                    ));
                }
                self.paper.address().clone_into(address);
            }
        }
        Ok(())
    }
}

/// Makes receipts: `POST /receipt` with a receipt in JSON is answered with the PDF in base64.
struct Paper(Core);

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

fn said(status: u16, body: &Json) -> HttpMessage {
    let mut message = HttpMessage::response(status, Bytes::from(body.to_string()));
    message.headers.push(("content-type".into(), Bytes::from_static(b"application/json; charset=utf-8")));
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(address: &str) -> Deployment {
        let text = format!(
            "store: {{ path: memory }}\nkeys: {{ path: none }}\nspool: spool\nlisteners: {{ channels: '127.0.0.1:0' }}
parties: {{ paper: {{ links: {{ out: {{ address: '{address}' }}, back: {{ address: '10.0.0.1:80' }} }} }} }}\n"
        );
        Deployment::parse(&text).expect("a deployment")
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn addresses_of_built_in_parties_become_real_ones_and_others_stay() {
        let builtin = Builtin::start().await.expect("starts");
        let mut known = deployment("builtin:paper");
        builtin.reach(&mut known).expect("it is there");
        let address = |link: &str| known.parties["paper"].value.links[link].value.address.clone();
        assert!(address("out").expect("an address").starts_with("127.0.0.1:"));
        assert_eq!(address("back").as_deref(), Some("10.0.0.1:80"));
        let told = builtin.reach(&mut deployment("builtin:mail")).expect_err("it is not there");
        assert_eq!(told, "parties.paper.links.out: no `builtin:mail`; there is: paper");
    }
}
