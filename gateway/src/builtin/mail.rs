//! The sender of mail: `POST /letter` with a letter in JSON goes to the bank's mail server (RFC 5321), and the server's reply
//! comes back as `code` and `text`; what did not reach the server, or broke off, is `000`.
//!
//! In: letters over HTTP, the mail server of the deployment in force. Out: letters to that server, each with a
//! `Message-ID` made of its number: who gets a letter twice can tell. It must not know who asks or what is enclosed.

use super::said;
use dsl::evaluate::coded::from_base64;
use engine::deployment::{MailSecurity, MailServer, secret};
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use link::BoxFuture;
use link::http::{HttpMessage, HttpService};
use link::tcp::Peer;
use serde::Deserialize;
use serde_json::json;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

/// How long the mail server may take for each step.
const STEP: Duration = Duration::from_secs(15);
/// Most octets of a server's reply that are handed on.
const TEXT: usize = 200;

/// A mail server that letters can go to.
pub(super) struct Post {
    line: AsyncSmtpTransport<Tokio1Executor>,
    sender: Mailbox,
}

impl Post {
    /// Of a deployment.
    ///
    /// # Errors
    /// Says which of its lines cannot be: the sender, the server's name, the authorities, where the password is.
    pub(super) fn new(config: &MailServer) -> Result<Self, String> {
        let sender: Mailbox =
            config.sender.parse().map_err(|error| format!("mail.sender: {}: {error}", config.sender))?;
        let (host, port) = config
            .server
            .rsplit_once(':')
            .and_then(|(host, port)| Some((host.to_owned(), port.parse::<u16>().ok()?)))
            .ok_or_else(|| format!("mail.server: {} is no `host:port`", config.server))?;
        let tls = match config.security {
            MailSecurity::None => Tls::None,
            MailSecurity::Tls => Tls::Wrapper(trusted(config, &host)?),
            MailSecurity::StartTls => Tls::Required(trusted(config, &host)?),
        };
        let mut line = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .port(port)
            .tls(tls)
            .timeout(Some(STEP));
        if let Some(user) = &config.user {
            line = line.credentials(Credentials::new(user.clone(), password(config)?));
        }
        Ok(Self { line: line.build(), sender })
    }

    async fn send(&self, letter: &Letter) -> (String, String) {
        let message = match letter.message(&self.sender) {
            Ok(message) => message,
            Err(Unsendable::Address(why)) => return ("553".to_owned(), why),
            Err(Unsendable::Content(why)) => return ("554".to_owned(), why),
        };
        match self.line.send(message).await {
            Ok(taken) => (taken.code().to_string(), taken.message().collect::<Vec<_>>().join(" ")),
            Err(error) => match error.status() {
                Some(code) => (code.to_string(), error.to_string()),
                None => ("000".to_owned(), error.to_string()),
            },
        }
    }
}

fn password(config: &MailServer) -> Result<String, String> {
    let reference = config.password.as_deref().unwrap_or_default();
    if !reference.starts_with("env:") && !reference.starts_with("file:") {
        return Err("mail.password: who signs in needs one, as `env:NAME` or `file:PATH`".to_owned());
    }
    secret(reference).map_err(|why| format!("mail.password: {why}"))
}

fn trusted(config: &MailServer, host: &str) -> Result<TlsParameters, String> {
    let mut trusted = TlsParameters::builder(host.to_owned());
    if let Some(path) = &config.trust {
        let wrong = |error: &dyn std::fmt::Display| format!("mail.trust: {}: {error}", path.display());
        let pem = std::fs::read(path).map_err(|error| wrong(&error))?;
        let authority = Certificate::from_pem(&pem).map_err(|error| wrong(&error))?;
        trusted = trusted.certificate_store(CertificateStore::None).add_root_certificate(authority);
    }
    trusted.build_rustls().map_err(|error| format!("mail.trust: {error}"))
}

/// A letter as it is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Letter {
    number: String,
    to: String,
    subject: String,
    text: String,
    name: String,
    /// In base64.
    content: String,
}

/// Why a letter is none.
enum Unsendable {
    Address(String),
    Content(String),
}

impl Letter {
    fn message(&self, sender: &Mailbox) -> Result<Message, Unsendable> {
        let to: Address = self.to.parse().map_err(|error| Unsendable::Address(format!("{error}")))?;
        let content = from_base64(self.content.as_bytes(), false)
            .map_err(|_| Unsendable::Content("the content is not in base64".to_owned()))?;
        let paper =
            ContentType::parse("application/pdf").map_err(|error| Unsendable::Content(error.to_string()))?;
        let parts = MultiPart::mixed()
            .singlepart(SinglePart::plain(self.text.clone()))
            .singlepart(Attachment::new(self.name.clone()).body(content, paper));
        Message::builder()
            .message_id(Some(format!("<{}@{}>", self.number, sender.email.domain())))
            .from(sender.clone())
            .to(Mailbox::new(None, to))
            .subject(self.subject.clone())
            .multipart(parts)
            .map_err(|error| Unsendable::Content(error.to_string()))
    }
}

/// Who is asked.
#[derive(Clone, Default)]
pub(super) struct Mail(Arc<RwLock<Option<Arc<Post>>>>);

impl Mail {
    /// Letters go there from now on.
    pub(super) fn by(&self, post: Option<Post>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = post.map(Arc::new);
    }

    fn post(&self) -> Option<Arc<Post>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl HttpService for Mail {
    fn handle(&self, _: &Arc<Peer>, request: HttpMessage) -> BoxFuture<'static, HttpMessage> {
        let post = self.post();
        Box::pin(async move {
            if (request.method.as_str(), request.path.as_str()) != ("POST", "/letter") {
                return said(404, &json!({ "code": "404", "text": "POST /letter" }));
            }
            let (code, text) = match (serde_json::from_slice::<Letter>(&request.content), post) {
                (Ok(letter), Some(post)) => post.send(&letter).await,
                (Err(error), _) => ("554".to_owned(), error.to_string()),
                (_, None) => ("000".to_owned(), "no mail server is named".to_owned()),
            };
            let text: String = text.chars().take(TEXT).collect();
            said(200, &json!({ "code": code, "text": text }))
        })
    }
}
