//! A person's browser that goes where an answer sent it: a page of the party is opened.
//!
//! In: an address. Out: whether the page came (`done`), or the status that came in its place. It must not know what the
//! page says: that is for the person.

use super::run::{Runner, STAGE_LIMIT};
use super::wire::damage_octets;
use super::{Expect, Step};
use crate::report::StepResult;
use link::http::{HttpClient, HttpClientConfig, HttpMessage};
use serde_json::Value;

impl Runner<'_> {
    pub(super) async fn browse(&mut self, address: &Value, step: &Step) -> Result<StepResult, String> {
        let address = self.known(address)?;
        let address = address.as_str().ok_or("an address is a text")?;
        let (_, rest) = address.split_once("://").ok_or("an address begins with its scheme")?;
        let (host, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut query = query.as_bytes().to_vec();
        damage_octets(&mut query, step.damage);
        let link = self.config.links.iter().find(|(_, known)| *known == host).map(|(name, _)| name.clone());
        let link = link.ok_or_else(|| format!("no link of the party is at {host}"))?;
        let config =
            HttpClientConfig { tls: self.tls.clients.get(&link).cloned(), ..HttpClientConfig::new(host) };
        let message = HttpMessage {
            method: "GET".to_owned(),
            path: path.to_owned(),
            query: as_a_browser_sends(&query),
            ..HttpMessage::default()
        };
        let client = HttpClient::new(&self.core, config);
        let until = self.core.mark().after(STAGE_LIMIT);
        let came = self.patiently(STAGE_LIMIT, client.exchange(&message, until)).await;
        let outcome = match came.and_then(link::Exchanged::reply) {
            Some(page) if page.status == 200 => "done".to_owned(),
            Some(page) => format!("status {}", page.status),
            None => "silence".to_owned(),
        };
        let mut result =
            StepResult { what: format!("a browser opens {path} on {link}"), ..StepResult::default() };
        let wanted = step.expect.as_ref().and_then(|Expect { outcome, .. }| outcome.clone());
        result.outcome(&outcome, &wanted.unwrap_or_else(|| "done".to_owned()));
        Ok(result)
    }
}

/// A query as a browser puts it on the line: what may not stand there is percent-encoded.
fn as_a_browser_sends(query: &[u8]) -> String {
    let stays = |octet: u8| octet.is_ascii_graphic() && !b"\"<>#".contains(&octet);
    let shown =
        |octet: &u8| if stays(*octet) { char::from(*octet).to_string() } else { format!("%{octet:02X}") };
    query.iter().map(shown).collect()
}
