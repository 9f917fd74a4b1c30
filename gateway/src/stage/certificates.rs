//! An authority of a stage's own, and the certificates that it signs: real TLS between the gateway and simulated parties.
//!
//! In: a folder. Out: PEM files as a deployment names them, and texts for the parties. All names are of this machine.

use link::tls::Identity;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair};
use std::path::{Path, PathBuf};

/// The name in every certificate, by which the other side checks it.
pub(crate) const HOST: &str = "localhost";

/// Signs certificates.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: PathBuf,
}

/// A certificate with its private key: as files, and as texts.
pub(crate) struct Issued {
    /// PEM file of the certificate.
    pub(crate) certificate: PathBuf,
    /// PEM file of the private key.
    pub(crate) key: PathBuf,
    /// Both as texts.
    pub(crate) identity: Identity,
}

impl Authority {
    /// Makes an authority whose files stand in a folder.
    pub(crate) fn make(folder: &Path) -> Result<Self, String> {
        let words = |error: rcgen::Error| format!("certificates: {error}");
        let mut params = CertificateParams::new(Vec::new()).map_err(words)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "authority of this stage");
        let key = KeyPair::generate().map_err(words)?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(words)?;
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let authority = Self { issuer, folder: folder.to_owned() };
        write(&authority.roots_file(), &authority.roots())?;
        Ok(authority)
    }

    /// Its own certificate: who trusts it, trusts what it signs.
    pub(crate) fn roots(&self) -> String {
        self.issuer.pem()
    }

    /// The same as a file.
    pub(crate) fn roots_file(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    /// A certificate for this machine, named for its holder.
    pub(crate) fn issue(&self, holder: &str) -> Result<Issued, String> {
        let words = |error: rcgen::Error| format!("certificate of {holder}: {error}");
        let pair = KeyPair::generate().map_err(words)?;
        let names = vec![HOST.to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).map_err(words)?;
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, holder);
        let signed = params.signed_by(&pair, &self.issuer).map_err(words)?;
        let identity = Identity { chain: signed.pem(), key: pair.serialize_pem() };
        let file = |end: &str| self.folder.join(format!("{holder}.{end}"));
        let issued = Issued { certificate: file("pem"), key: file("key.pem"), identity };
        write(&issued.certificate, &issued.identity.chain)?;
        write(&issued.key, &issued.identity.key)?;
        Ok(issued)
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
