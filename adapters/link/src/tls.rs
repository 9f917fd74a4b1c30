//! TLS 1.2 and 1.3 over any stream, with client certificates on either side.
//!
//! For: TCP and HTTP links. In: PEM texts and a few choices, as a deployment gives them. Out: streams, and the
//! subject of the other side's certificate. The cryptography is named explicitly (aws-lc), so that another
//! library's choice in the same program changes nothing. Must not know: where keys are kept.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use x509_cert::der::Decode;

use crate::world::Stream;

/// Which versions are agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TlsVersions {
    /// 1.2 and 1.3.
    #[default]
    From12,
    /// 1.3 alone.
    Only13,
    /// 1.2 alone, for parties that fail on 1.3's hello.
    Only12,
}

impl TlsVersions {
    fn list(self) -> Vec<&'static SupportedProtocolVersion> {
        match self {
            Self::From12 => vec![&rustls::version::TLS13, &rustls::version::TLS12],
            Self::Only13 => vec![&rustls::version::TLS13],
            Self::Only12 => vec![&rustls::version::TLS12],
        }
    }
}

/// A certificate with its key.
#[derive(Clone)]
pub struct Identity {
    /// PEM: the certificate, then those that lead to its root.
    pub chain: String,
    /// PEM: the private key (PKCS#8, PKCS#1 or SEC1).
    pub key: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(..)")
    }
}

/// How we connect.
#[derive(Clone, Debug, Default)]
pub struct TlsClientConfig {
    /// PEM: the roots that a server's certificate must lead to. There are no others.
    pub roots: String,
    /// The name that the certificate must hold, if it is not the address's host.
    pub server_name: Option<String>,
    /// Our certificate, if the server asks for one.
    pub identity: Option<Identity>,
    /// Versions.
    pub versions: TlsVersions,
    /// Application protocols offered, best first, e.g. `h2`, `http/1.1`.
    pub protocols: Vec<String>,
}

/// How others connect to us.
#[derive(Clone, Debug)]
pub struct TlsServerConfig {
    /// Our certificate.
    pub identity: Identity,
    /// PEM: roots of client certificates; with roots, a client whose certificate does not lead to them is refused.
    pub client_roots: Option<String>,
    /// A client that shows no certificate at all is let in nevertheless: it has another way to show who it is.
    pub anonymous: bool,
    /// Versions.
    pub versions: TlsVersions,
    /// Application protocols agreed to, best first.
    pub protocols: Vec<String>,
}

/// A TLS configuration that cannot work.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A PEM text holds nothing of what is needed.
    #[error("{what} holds no usable PEM: {found}")]
    Pem {
        /// Which text.
        what: &'static str,
        /// What was found instead.
        found: String,
    },
    /// The name is no host name.
    #[error("{0:?} is no host name for a certificate")]
    Name(String),
    /// The library refuses the parts together.
    #[error("the certificate settings do not work: {0}")]
    Refused(String),
}

/// What a peer's certificate says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate {
    /// Its subject as in RFC 4514, e.g. `CN=unit 1,O=Example`.
    pub subject: String,
    /// The certificate itself, DER.
    pub der: Vec<u8>,
}

/// Connects with TLS.
#[derive(Clone)]
pub struct TlsClient {
    connector: TlsConnector,
    name: ServerName<'static>,
}

/// Accepts TLS.
#[derive(Clone)]
pub struct TlsServer {
    acceptor: TlsAcceptor,
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn refused(error: impl fmt::Display) -> TlsError {
    TlsError::Refused(error.to_string())
}

fn certificates(pem: &str, what: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match read {
        Ok(list) if !list.is_empty() => Ok(list),
        Ok(_) => Err(TlsError::Pem { what, found: "no certificate".into() }),
        Err(error) => Err(TlsError::Pem { what, found: error.to_string() }),
    }
}

fn roots(pem: &str, what: &'static str) -> Result<Arc<RootCertStore>, TlsError> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(pem, what)? {
        store.add(certificate).map_err(refused)?;
    }
    Ok(Arc::new(store))
}

fn key(identity: &Identity) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(identity.key.as_bytes())
        .map_err(|error| TlsError::Pem { what: "the private key", found: error.to_string() })
}

fn names(protocols: &[String]) -> Vec<Vec<u8>> {
    protocols.iter().map(|name| name.clone().into_bytes()).collect()
}

impl TlsClient {
    /// Prepares connections to `address` (`host:port`).
    ///
    /// # Errors
    /// [`TlsError`] when a PEM text or the name cannot be used.
    pub fn new(config: &TlsClientConfig, address: &str) -> Result<Self, TlsError> {
        let provider = provider();
        let roots = roots(&config.roots, "the roots")?;
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider)).build();
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&config.versions.list())
            .map_err(refused)?
            .with_webpki_verifier(verifier.map_err(refused)?);
        let mut client = match &config.identity {
            Some(identity) => builder
                .with_client_auth_cert(certificates(&identity.chain, "our certificate")?, key(identity)?)
                .map_err(refused)?,
            None => builder.with_no_client_auth(),
        };
        client.alpn_protocols = names(&config.protocols);
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let name = config.server_name.clone().unwrap_or_else(|| host.to_owned());
        let name = ServerName::try_from(name.clone()).map_err(|_| TlsError::Name(name))?;
        Ok(Self { connector: TlsConnector::from(Arc::new(client)), name })
    }

    /// What a caller with sockets of its own needs: whom we trust and what we show, and the name to be shown us.
    #[must_use]
    pub fn parts(&self) -> (Arc<ClientConfig>, ServerName<'static>) {
        (Arc::clone(self.connector.config()), self.name.clone())
    }

    /// Agrees on TLS over a stream. No time limit of its own.
    ///
    /// # Errors
    /// What the handshake failed on; [`io::ErrorKind::InvalidData`] for a fault of TLS itself.
    pub async fn connect(&self, stream: Stream) -> io::Result<Stream> {
        let session = self.connector.connect(self.name.clone(), stream).await?;
        Ok(Stream::tls(session.into()))
    }
}

impl TlsServer {
    /// Prepares accepting.
    ///
    /// # Errors
    /// [`TlsError`] when a PEM text cannot be used.
    pub fn new(config: &TlsServerConfig) -> Result<Self, TlsError> {
        let provider = provider();
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&config.versions.list())
            .map_err(refused)?;
        let builder = match &config.client_roots {
            Some(pem) => {
                let roots = roots(pem, "the client roots")?;
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                let verifier = if config.anonymous { verifier.allow_unauthenticated() } else { verifier };
                builder.with_client_cert_verifier(verifier.build().map_err(refused)?)
            }
            None => builder.with_no_client_auth(),
        };
        let chain = certificates(&config.identity.chain, "our certificate")?;
        let mut server = builder.with_single_cert(chain, key(&config.identity)?).map_err(refused)?;
        server.alpn_protocols = names(&config.protocols);
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(server)) })
    }

    /// Agrees on TLS over an accepted stream. No time limit of its own.
    ///
    /// # Errors
    /// What the handshake failed on; a missing or wrong client certificate among them.
    pub async fn accept(&self, stream: Stream) -> io::Result<Stream> {
        let session = self.acceptor.accept(stream).await?;
        Ok(Stream::tls(session.into()))
    }
}

impl fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsClient").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for TlsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsServer").finish_non_exhaustive()
    }
}

impl Stream {
    /// The certificate that the other side has shown, if this is TLS and it has shown one.
    #[must_use]
    pub fn certificate(&self) -> Option<PeerCertificate> {
        let der = self.session()?.peer_certificates()?.first()?.to_vec();
        let read = x509_cert::Certificate::from_der(&der).ok()?;
        Some(PeerCertificate { subject: read.tbs_certificate().subject().to_string(), der })
    }

    /// The application protocol agreed on, if this is TLS and one was.
    #[must_use]
    pub fn protocol(&self) -> Option<&[u8]> {
        self.session()?.alpn_protocol()
    }
}
