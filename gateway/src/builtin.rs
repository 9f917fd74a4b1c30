//! Parties that stand in the gateway's own process: what no counterparty answers. A link whose address is
//! `builtin:paper` reaches the maker of stamped receipts over HTTP on this machine's loopback, as it would reach a
//! bank's own, `builtin:mail` the sender of mail, and `builtin:books` the bank's own books of that party: neither
//! adapters nor flows nor the engine can tell.
//!
//! In: a deployment, and the adapters beside which books stand. Out: the same with the addresses at which its built-in parties listen. It must not know which
//! adapter asks.

mod books;
mod mail;
mod paper;

use books::Books;
use bytes::Bytes;
use dsl::check::Text;
use engine::Deployment;
use link::http::{HttpMessage, HttpServer, HttpServerConfig, HttpService};
use link::{Core, CoreOwner, World};
use mail::{Mail, Post};
use paper::Paper;
use serde_json::Value as Json;
use std::path::Path;
use std::sync::Arc;

/// What an address of a built-in party begins with.
const MARK: &str = "builtin:";
/// Those there are.
const NAMES: [&str; 3] = ["books", "mail", "paper"];
/// Most octets of what they are asked: a letter's paper of 8 MB in base64, and what stands around it.
const ASKED: usize = 12 * 1024 * 1024;

/// The adapters beside which books stand.
#[derive(Clone, Copy)]
pub(crate) struct Adapters<'a> {
    /// Their files.
    pub(crate) texts: &'a [Text],
    /// The folder in which they stand.
    pub(crate) configs: &'a Path,
    /// Whether only to see that all fits: books are opened in memory alone.
    pub(crate) trial: bool,
}

/// The built-in parties of a process.
pub(crate) struct Builtin {
    books: Books,
    paper: HttpServer,
    mail: HttpServer,
    sender: Mail,
    owner: CoreOwner,
}

impl Builtin {
    /// Starts them.
    ///
    /// # Errors
    /// Where no address of the loopback can be had.
    pub(crate) async fn start(world: World) -> Result<Self, String> {
        let owner = Core::start(world);
        let sender = Mail::default();
        let paper = listen(owner.core(), Arc::new(Paper(owner.core()))).await;
        let mail = listen(owner.core(), Arc::new(sender.clone())).await;
        Ok(Self {
            paper: paper.map_err(|error| format!("the maker of receipts: {error}"))?,
            mail: mail.map_err(|error| format!("the sender of mail: {error}"))?,
            sender,
            books: Books::default(),
            owner,
        })
    }

    /// Gives links to built-in parties their addresses; mail goes by the deployment's server from now on.
    ///
    /// # Errors
    /// Where an address names a built-in party that there is not, or the mail server cannot be one, or books cannot be opened.
    pub(crate) async fn reach(
        &self,
        deployment: &mut Deployment,
        adapters: Adapters<'_>,
    ) -> Result<(), String> {
        let post = deployment.mail.as_ref().map(|mail| Post::new(&mail.value)).transpose()?;
        for (party, config) in &mut deployment.parties {
            let mut books = None;
            let deployed = config.value.clone();
            for (link, config) in &mut config.value.links {
                let Some(address) = &mut config.value.address else { continue };
                let Some(name) = address.strip_prefix(MARK) else { continue };
                let at = |why: String| format!("parties.{party}.links.{link}: {why}");
                match name {
                    "paper" => self.paper.address().clone_into(address),
                    "mail" if post.is_none() => {
                        return Err(at("mail needs its server: give `mail:`".to_owned()));
                    }
                    "mail" => self.mail.address().clone_into(address),
                    "books" => {
                        if books.is_none() {
                            let open = self.books.open(&self.owner.core(), party, &deployed, adapters).await;
                            books = Some(open.map_err(at)?);
                        }
                        let bound = books.as_ref().and_then(|books| books.get(link));
                        let bound = bound.ok_or_else(|| at("books are asked, they do not ask".to_owned()))?;
                        bound.clone_into(address);
                    }
                    _ => {
                        let known = NAMES.join(", ");
                        return Err(at(format!("no `{MARK}{name}`; there is: {known}")));
                    }
                }
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
