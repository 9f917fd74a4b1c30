//! Secrets that stand in the deployment itself, where everybody who reads the file, a copy of it or an older version of it
//! has them.
//!
//! In: the text of the deployment. Out: a warning for each, with its place and the way out. Nobody is refused for it: a trial
//! on one machine may want it so. It must never say what stands there.

use super::check::{DeploymentFault, fault};
use serde::Deserialize;
use serde_yaml::Spanned;
use std::collections::BTreeMap;

/// The settings of a deployment that name where a secret is, with their places; all else is passed over.
#[derive(Deserialize)]
struct Named {
    keys: Option<Keys>,
    store: Option<Store>,
    mail: Option<Login>,
    #[serde(default)]
    parties: BTreeMap<String, Option<Party>>,
}

#[derive(Deserialize)]
struct Keys {
    passphrase: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct Store {
    postgres: Option<Login>,
}

#[derive(Deserialize)]
struct Login {
    password: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct Party {
    #[serde(default)]
    links: BTreeMap<String, Option<Link>>,
    #[serde(default)]
    members: BTreeMap<String, Option<Member>>,
}

#[derive(Deserialize)]
struct Member {
    #[serde(default)]
    links: BTreeMap<String, Option<Link>>,
}

#[derive(Deserialize)]
struct Link {
    secret: Option<Spanned<String>>,
}

/// A warning for each secret that stands in clear in the text of a deployment, in the order of the text.
#[must_use]
pub fn in_clear(text: &str) -> Vec<DeploymentFault> {
    // A text that is no deployment is told of by whoever reads it as one.
    let Ok(named) = serde_yaml::from_str::<Named>(text) else { return Vec::new() };
    let mut found = Vec::new();
    let mut look = |setting: String, secret: Option<Spanned<String>>| {
        found.extend(secret.filter(|secret| is_clear(&secret.value)).map(|secret| told(&setting, &secret)));
    };
    look("keys.passphrase".to_owned(), named.keys.and_then(|keys| keys.passphrase));
    let database = named.store.and_then(|store| store.postgres);
    look("store.postgres.password".to_owned(), database.and_then(|database| database.password));
    look("mail.password".to_owned(), named.mail.and_then(|mail| mail.password));
    for (party, config) in named.parties {
        let Some(config) = config else { continue };
        for (link, given) in config.links {
            look(format!("parties.{party}.links.{link}.secret"), given.and_then(|given| given.secret));
        }
        for (member, config) in config.members {
            for (link, given) in config.map(|config| config.links).unwrap_or_default() {
                let setting = format!("parties.{party}.members.{member}.links.{link}.secret");
                look(setting, given.and_then(|given| given.secret));
            }
        }
    }
    found.sort_by_key(|fault| (fault.line, fault.column));
    found
}

fn is_clear(secret: &str) -> bool {
    !secret.is_empty() && !secret.starts_with("env:") && !secret.starts_with("file:")
}

fn told(setting: &str, secret: &Spanned<String>) -> DeploymentFault {
    let text = format!(
        "warning: `{setting}` stands here in clear: whoever reads this file, a copy or an older version of it has it; write \
         `env:NAME`, a variable that is set for the gateway alone, or `file:PATH`, a file that the gateway alone may read, \
         and change the secret"
    );
    fault(secret.referenced, "TS0818", text)
}
