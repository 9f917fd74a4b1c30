use std::sync::Arc;

use bytes::Bytes;
use link::http::{
    HttpClient, HttpClientConfig, HttpMessage, HttpServer, HttpServerConfig, HttpServiceFn, HttpVersion,
};
use link::tcp::{Answer, Hold, Peer, ServiceFn, TcpClient, TcpClientConfig, TcpServer, TcpServerConfig};
use link::tls::{Identity, TlsClient, TlsClientConfig, TlsServer, TlsServerConfig, TlsVersions};
use link::{CauseKind, Core, Exchanged};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::help::*;

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn roots(&self) -> String {
        self.0.pem()
    }

    fn identity(&self, host: &str, name: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        Identity { chain: certificate.pem(), key: key.serialize_pem() }
    }
}

pub(crate) struct Sides {
    pub(crate) server: TlsServerConfig,
    pub(crate) client: TlsClientConfig,
    ours: Authority,
}

pub(crate) fn sides() -> Sides {
    let (theirs, ours) = (Authority::new("their root"), Authority::new("our root"));
    let server = TlsServerConfig {
        identity: theirs.identity("host.example", "server"),
        client_roots: Some(ours.roots()),
        anonymous: false,
        versions: TlsVersions::From12,
        protocols: Vec::new(),
    };
    let client = TlsClientConfig {
        roots: theirs.roots(),
        server_name: Some("host.example".into()),
        identity: Some(ours.identity("client", "unit 1")),
        ..TlsClientConfig::default()
    };
    Sides { server, client, ours }
}

async fn serve(core: &Core, config: &TlsServerConfig) -> TcpServer {
    let service = ServiceFn(|peer: Arc<Peer>, _| async move {
        Answer::Frame(Bytes::from(peer.certificate.clone().map(|shown| shown.subject).unwrap_or_default()))
    });
    let tls = Some(Arc::new(TlsServer::new(config).unwrap()));
    let config = TcpServerConfig { tls, ..TcpServerConfig::new("127.0.0.1:0", four_digits()) };
    TcpServer::start(vec![core.clone()], config, Arc::new(service)).await.unwrap()
}

async fn exchange(core: &Core, server: &TcpServer, config: &TlsClientConfig) -> Exchanged {
    let tls = Some(Arc::new(TlsClient::new(config, server.address()).unwrap()));
    let config = TcpClientConfig { tls, ..config_of(server) };
    TcpClient::start(core, config, events().0).unwrap().exchange(request(core, "who am I")).await
}

fn config_of(server: &TcpServer) -> TcpClientConfig {
    config(server.address().to_owned(), Hold::OneEach { connections: 1 })
}

#[tokio::test]
async fn the_client_is_known_by_its_certificate() {
    let (core, _clock) = standing();
    let mut sides = sides();
    for versions in [TlsVersions::From12, TlsVersions::Only13, TlsVersions::Only12] {
        sides.client.versions = versions;
        let server = serve(&core, &sides.server).await;
        let verdict = exchange(&core, &server, &sides.client).await;
        assert_eq!(verdict.reply().unwrap(), "CN=unit 1", "{versions:?}");
    }
}

#[tokio::test]
async fn a_missing_or_wrong_client_certificate_is_refused() {
    let (core, _clock) = standing();
    let sides = sides();
    let server = serve(&core, &sides.server).await;
    let stranger = Authority::new("a stranger").identity("client", "unit 1");
    for identity in [None, Some(stranger)] {
        for versions in [TlsVersions::Only12, TlsVersions::Only13] {
            let client = TlsClientConfig { identity: identity.clone(), versions, ..sides.client.clone() };
            let verdict = exchange(&core, &server, &client).await;
            assert!(verdict.cause().is_some(), "{verdict:?}");
            // With 1.2 the refusal ends the handshake; with 1.3 it comes after the request may have left.
            assert_eq!(verdict.not_sent(), versions == TlsVersions::Only12, "{verdict:?}");
        }
    }
    while server.counts().connect_failed.get() < 4 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.counts().received.get(), 0);
}

#[tokio::test]
async fn a_server_with_a_wrong_name_or_root_is_not_spoken_to() {
    let (core, _clock) = standing();
    let sides = sides();
    let server = serve(&core, &sides.server).await;
    let wrong_name = TlsClientConfig { server_name: Some("other.example".into()), ..sides.client.clone() };
    let wrong_root = TlsClientConfig { roots: sides.ours.roots(), ..sides.client.clone() };
    for client in [wrong_name, wrong_root] {
        let verdict = exchange(&core, &server, &client).await;
        assert!(verdict.not_sent());
        assert_eq!(verdict.cause().unwrap().kind, CauseKind::Tls);
    }
}

#[tokio::test]
async fn http_agrees_on_its_version_over_tls() {
    let (core, _clock) = standing();
    let mut sides = sides();
    for (offered, connections) in [(vec!["h2", "http/1.1"], 1), (vec!["http/1.1"], 1)] {
        sides.server.protocols = offered.iter().map(ToString::to_string).collect();
        sides.client.protocols = vec!["h2".into(), "http/1.1".into()];
        let service = HttpServiceFn(|peer: Arc<Peer>, _| async move {
            HttpMessage::response(200, peer.certificate.clone().unwrap().subject)
        });
        let tls = Some(Arc::new(TlsServer::new(&sides.server).unwrap()));
        let config = HttpServerConfig { tls, ..HttpServerConfig::new("127.0.0.1:0") };
        let server = HttpServer::start(vec![core.core()], config, Arc::new(service)).await.unwrap();
        let tls = Some(Arc::new(TlsClient::new(&sides.client, server.address()).unwrap()));
        let version = HttpVersion::Negotiated;
        let config = HttpClientConfig { tls, version, ..HttpClientConfig::new(server.address()) };
        let client = HttpClient::new(&core, config);
        for _ in 0..3 {
            let reply = client.exchange(&HttpMessage::post("/", "x"), later(&core)).await.reply().unwrap();
            assert_eq!(reply.content, "CN=unit 1");
        }
        assert_eq!(server.counts().connected.get(), connections);
    }
}

#[test]
fn settings_that_cannot_work_are_told() {
    let sides = sides();
    let empty = TlsClientConfig { roots: String::new(), ..sides.client.clone() };
    assert!(TlsClient::new(&empty, "host:1").is_err());
    let mut mixed = sides.server.clone();
    mixed.identity.key = KeyPair::generate().unwrap().serialize_pem();
    assert!(TlsServer::new(&mixed).is_err());
    assert!(!format!("{:?}", sides.server).contains("PRIVATE"));
}
