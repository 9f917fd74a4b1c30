//! Simulated parties on a stage: each from its own configuration, with keys drawn and certificates made for its links.

use super::certificates::{Authority, HOST};
use super::keys::Drawn;
use super::{Wanted, fit, party_config};
use conformance::party::{Loaded, MemberConfig, Party, PartyConfig, PartySource, PartyTls, TlsWay, load_all};
use dsl::check::Text;
use dsl::model::{Key, LinkKind};
use link::Core;
use link::tls::{Identity, TlsClient, TlsClientConfig, TlsServer, TlsServerConfig, TlsVersions};
use serde_json::{Map, Value, json};
use sftp::{SftpServer, SftpServerConfig, SftpUser};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A party at work, with what the gateway must know of it.
pub(crate) struct Player {
    /// Name of its module.
    pub(crate) module: String,
    /// Itself.
    pub(crate) party: Party,
    /// Its configuration; addresses of links are the gateway's where the party calls.
    pub(super) config: PartyConfig,
    /// Its certificates.
    pub(super) tls: PartyTls,
    /// What the deployment says of it.
    pub(super) deployed: Value,
    /// Its servers of files.
    _servers: Vec<SftpServer>,
}

/// The parties of a stage with their configurations, compiled together: the adapters are looked at once for all.
pub(crate) fn cast(
    conformance: &Path,
    parties: &[String],
    settings: &BTreeMap<String, BTreeMap<String, String>>,
    texts: &[Text],
) -> Result<BTreeMap<String, (PartyConfig, Loaded)>, String> {
    let mut configs = BTreeMap::new();
    for folder in parties {
        let mut config = party_config(conformance, folder)?;
        let over = settings.get(&folder.replace('-', "_"));
        config.settings.extend(over.cloned().unwrap_or_default());
        configs.insert(folder.clone(), config);
    }
    let choices = configs.iter().map(|(folder, config)| (folder.clone(), config.settings.clone())).collect();
    let loaded = load_all(texts.to_vec(), &choices).map_err(|error| error.to_string())?;
    let with = |(folder, loaded)| configs.remove(&folder).map(|config| (folder, (config, loaded)));
    Ok(loaded.into_iter().filter_map(with).collect())
}

/// Makes players.
pub(super) struct Maker<'m> {
    pub(super) wanted: &'m Wanted,
    pub(super) authority: &'m Authority,
    pub(super) core: &'m Core,
}

impl Maker<'_> {
    /// The party of a folder, started.
    pub(super) async fn player(
        &self,
        folder: &str,
        (mut config, loaded): (PartyConfig, Loaded),
        drawn: &mut Drawn,
    ) -> Result<Player, String> {
        let Prepared { module, keys, members } = prepare(folder, &mut config, &loaded, drawn)?;
        let mut links = Map::new();
        let mut servers = Vec::new();
        let password = drawn.token()?;
        let tls = self.links(folder, &loaded, &mut config, &mut links, (&mut servers, &password)).await?;
        let database = self.wanted.folder.join(format!("{folder}.db"));
        let source =
            PartySource::of(loaded, &self.wanted.configs, &self.wanted.conformance, folder, database);
        let party = Party::start(self.core, source, &config, &tls).await;
        let party = party.map_err(|error| format!("{folder}: {error}"))?;
        for (name, link) in &mut links {
            if let Some(address) = party.address(name) {
                link["address"] = json!(address);
                config.links.insert(name.clone(), address.to_owned());
            }
        }
        let deployed = json!({
            "settings": config.settings, "keys": keys, "members": members, "links": links, "services": config.services,
        });
        Ok(Player { module, party, config, tls, deployed, _servers: servers })
    }

    /// Addresses and certificates of the links; what the gateway is told of each goes into `deployed`.
    async fn links(
        &self,
        folder: &str,
        loaded: &Loaded,
        config: &mut PartyConfig,
        deployed: &mut Map<String, Value>,
        (servers, password): (&mut Vec<SftpServer>, &str),
    ) -> Result<PartyTls, String> {
        config.links.clear();
        let (tls, mut ours) = certificates(folder, loaded, config, self.authority)?;
        for link in &loaded.bank.module.links {
            let name = link.link.name.to_string();
            if is_files(link.link.kind) {
                let path = self.wanted.folder.join("files").join(folder).join(&name);
                std::fs::create_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
                config.links.insert(name.clone(), path.display().to_string());
                let said = match link.link.kind {
                    LinkKind::Sftp if self.wanted.sftp => self.serve_files(path, password, servers).await?,
                    _ => json!({ "folder": path }),
                };
                deployed.insert(name, said);
                continue;
            }
            let mut said = Map::new();
            if link.link.connect {
                config.links.insert(name.clone(), "127.0.0.1:0".to_owned());
            } else {
                said.insert("listen".to_owned(), json!("127.0.0.1:0"));
            }
            said.extend(ours.remove(&name).map(|ours| ("tls".to_owned(), ours)));
            deployed.insert(name, Value::Object(said));
        }
        Ok(tls)
    }

    /// A server over SSH for the folder of a link; gives what the deployment says of it.
    async fn serve_files(
        &self,
        root: PathBuf,
        password: &str,
        servers: &mut Vec<SftpServer>,
    ) -> Result<Value, String> {
        let kept = root.with_extension("secret");
        std::fs::write(&kept, password).map_err(|error| format!("{}: {error}", kept.display()))?;
        let user =
            SftpUser { name: "gateway".to_owned(), password: Some(password.to_owned()), keys: Vec::new() };
        let config =
            SftpServerConfig { address: "127.0.0.1:0".to_owned(), users: vec![user], root, connections: 16 };
        let server = SftpServer::start(self.core, config).await.map_err(|error| error.to_string())?;
        let said = json!({
            "address": server.address(), "user": "gateway", "secret": format!("file:{}", kept.display()), "host_key": server.host_key(),
        });
        servers.push(server);
        Ok(said)
    }
}

fn is_files(kind: LinkKind) -> bool {
    matches!(kind, LinkKind::Sftp | LinkKind::Folder)
}

/// Certificates for each link that has TLS: those of the party, and by link what the deployment of the gateway says of its
/// own.
pub(crate) fn certificates(
    folder: &str,
    loaded: &Loaded,
    config: &PartyConfig,
    authority: &Authority,
) -> Result<(PartyTls, BTreeMap<String, Value>), String> {
    let (mut tls, mut ours) = (PartyTls::default(), BTreeMap::new());
    for link in loaded.bank.module.links.iter().filter(|link| !is_files(link.link.kind)) {
        let name = link.link.name.to_string();
        let way = config.tls_of(&name, link.link.kind);
        if way == TlsWay::None {
            continue;
        }
        let mutual = way == TlsWay::Mutual;
        let theirs = authority.issue(&format!("{folder}.{name}"))?;
        let own = authority.issue(&format!("gateway.{folder}.{name}"))?;
        // Who connects trusts the authority and shows a certificate where both do; who listens always shows one.
        let mut said = json!({ "trust": authority.roots_file(), "name": HOST });
        let shown = if link.link.connect {
            let client_roots = mutual.then(|| authority.roots());
            let (versions, protocols) = (TlsVersions::default(), Vec::new());
            let identity = theirs.identity;
            let server = TlsServerConfig { identity, client_roots, anonymous: false, versions, protocols };
            let server = TlsServer::new(&server).map_err(|error| error.to_string())?;
            tls.servers.insert(name.clone(), Arc::new(server));
            tls.clients.insert(name.clone(), client(authority, mutual.then_some(own.identity))?);
            mutual
        } else {
            if !mutual {
                said = json!({});
            }
            tls.clients.insert(name.clone(), client(authority, mutual.then_some(theirs.identity))?);
            true
        };
        if shown {
            said["certificate"] = json!(own.certificate);
            said["key"] = json!(own.key);
        }
        ours.insert(name, said);
    }
    Ok((tls, ours))
}

fn client(authority: &Authority, identity: Option<Identity>) -> Result<Arc<TlsClient>, String> {
    let config = TlsClientConfig {
        roots: authority.roots(),
        server_name: Some(HOST.to_owned()),
        identity,
        versions: TlsVersions::default(),
        protocols: Vec::new(),
    };
    TlsClient::new(&config, HOST).map(Arc::new).map_err(|error| error.to_string())
}

/// What a deployment says of a party before its links are known.
pub(crate) struct Prepared {
    /// Name of its module.
    pub(crate) module: String,
    /// Names of its keys in the gateway's key store.
    pub(crate) keys: Named,
    /// Its members.
    pub(crate) members: Named,
}

/// Draws the keys of a party and leaves out of its configuration what its variant does not have.
pub(crate) fn prepare(
    folder: &str,
    config: &mut PartyConfig,
    loaded: &Loaded,
    drawn: &mut Drawn,
) -> Result<Prepared, String> {
    let module = folder.replace('-', "_");
    fit(config, loaded);
    config.sessions.clear();
    let (keys, members) = draw_all(config, loaded, &module, drawn)?;
    Ok(Prepared { module, keys, members })
}

/// What stands under names in a deployment.
pub(crate) type Named = Map<String, Value>;

/// Draws every key that the adapter declares, for the party and for each member; gives the names under which the gateway
/// has them, and what it is to know of the members.
fn draw_all(
    config: &mut PartyConfig,
    loaded: &Loaded,
    module: &str,
    drawn: &mut Drawn,
) -> Result<(Named, Named), String> {
    let declared: &[Key] = &loaded.bank.module.keys;
    let mut draw = |whose: &str, of_member: bool| {
        let (mut theirs, mut names) = (BTreeMap::new(), Map::new());
        for key in declared.iter().filter(|key| key.of_member == of_member) {
            let stored = format!("{whose}.{}", key.name);
            theirs.insert(key.name.to_string(), drawn.draw(&stored, key)?);
            names.insert(key.name.to_string(), json!(stored));
        }
        Ok::<_, String>((theirs, names))
    };
    let (own, names) = draw(module, false)?;
    config.keys = own;
    let mut members = Map::new();
    let known: Vec<(String, MemberConfig)> = std::mem::take(&mut config.members).into_iter().collect();
    for (member, mut of_member) in known {
        let (keys, names) = draw(&format!("{module}.{member}"), true)?;
        of_member.keys = keys;
        members.insert(member.clone(), json!({ "settings": of_member.settings, "keys": names }));
        config.members.insert(member, of_member);
    }
    Ok((names, members))
}
