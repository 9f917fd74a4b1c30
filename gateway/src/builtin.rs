//! Parties that stand in the gateway's own process: what no counterparty answers. A link whose address is
//! `builtin:paper` reaches the maker of stamped receipts over HTTP on this machine's loopback, as it would reach a
//! bank's own, and `builtin:mail` the sender of mail: neither adapters nor flows nor the engine can tell.
//!
//! In: a deployment. Out: the same with the addresses at which its built-in parties listen. It must not know which
//! adapter asks.

mod mail;
mod paper;

use bytes::Bytes;
use engine::Deployment;
use link::http::{HttpMessage, HttpServer, HttpServerConfig, HttpService};
use link::{Core, CoreOwner, World};
use mail::{Mail, Post};
use paper::Paper;
use serde_json::Value as Json;
use std::sync::Arc;

/// What an address of a built-in party begins with.
const MARK: &str = "builtin:";
/// Those there are.
const NAMES: [&str; 2] = ["mail", "paper"];
/// Most octets of what they are asked: a letter's paper of 8 MB in base64, and what stands around it.
const ASKED: usize = 12 * 1024 * 1024;

/// The built-in parties of a process.
pub(crate) struct Builtin {
    _owner: CoreOwner,
    paper: HttpServer,
    mail: HttpServer,
    sender: Mail,
}

impl Builtin {
    /// Starts them.
    ///
    /// # Errors
    /// Where no address of the loopback can be had.
    pub(crate) async fn start() -> Result<Self, String> {
        let owner = Core::start(World::real());
        let sender = Mail::default();
        let paper = listen(owner.core(), Arc::new(Paper(owner.core()))).await;
        let mail = listen(owner.core(), Arc::new(sender.clone())).await;
        Ok(Self {
            paper: paper.map_err(|error| format!("the maker of receipts: {error}"))?,
            mail: mail.map_err(|error| format!("the sender of mail: {error}"))?,
            sender,
            _owner: owner,
        })
    }

    /// Gives links to built-in parties their addresses; mail goes by the deployment's server from now on.
    ///
    /// # Errors
    /// Where an address names a built-in party that there is not, or the mail server cannot be one.
    pub(crate) fn reach(&self, deployment: &mut Deployment) -> Result<(), String> {
        let post = deployment.mail.as_ref().map(|mail| Post::new(&mail.value)).transpose()?;
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
                if name == "mail" && post.is_none() {
                    return Err(format!("parties.{party}.links.{link}: mail needs its server: give `mail:`"));
                }
                let server = if name == "mail" { &self.mail } else { &self.paper };
                server.address().clone_into(address);
            }
        }
        self.sender.by(post);
        Ok(())
    }
}

async fn listen(core: Core, service: Arc<dyn HttpService>) -> std::io::Result<HttpServer> {
    let mut config = HttpServerConfig::new("127.0.0.1:0");
    config.sizes.content = ASKED;
    HttpServer::start(vec![core], config, service).await
}

fn said(status: u16, body: &Json) -> HttpMessage {
    let mut message = HttpMessage::response(status, Bytes::from(body.to_string()));
    message.headers.push(("content-type".into(), Bytes::from_static(b"application/json; charset=utf-8")));
    message
}

#[cfg(test)]
mod tests;
