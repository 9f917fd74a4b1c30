//! Who asks: the channel whose bearer token the deployment knows, the one that signed the token, or the one of a client
//! certificate.
//!
//! In: a request and its peer. Out: the channel with what it may ask for, or why there is none. It must not know services.
//!
//! A signed token is a JSON Web Token (RFC 7519) under ES256 or RS256 (RFC 7518, sections 3.3 and 3.4): `iss` is the
//! channel's name, `exp` at most an hour ahead.

use crate::deployment::{Channel, Deployment};
use crate::engine::Engine;
use adapters::seal::{KeyKind, PreparedKey, Signature, constant_time_equal, verify};
use dsl::evaluate::coded::from_base64;
use link::http::HttpMessage;
use link::tcp::Peer;
use serde_json::Value as Json;
use std::time::Duration;

/// Bytes of a token at most.
const MOST: usize = 4_096;
/// Seconds that a signed token may hold from now on.
const HOLDS: i64 = 3_600;

/// A channel that asks.
pub(super) struct Caller {
    pub(super) name: String,
    pub(super) branch: String,
    pub(super) teller: String,
    pub(super) services: Vec<String>,
    pub(super) wait: Duration,
}

/// The channel that sends a request.
///
/// # Errors
/// Why it is none that the deployment knows.
pub(super) fn caller(engine: &Engine, peer: &Peer, request: &HttpMessage) -> Result<Caller, &'static str> {
    let deployment = engine.deployment.load();
    let token = request.header("authorization").and_then(|value| value.strip_prefix(b"Bearer "));
    let found = match token.map(|token| parts(token).ok_or(token)) {
        Some(Ok(signed)) => signer(engine, &deployment, &signed)?,
        Some(Err(token)) => by_digest(&deployment, token, |channel| channel.token_sha256.as_deref())
            .ok_or("no channel has this token")?,
        None => {
            let certificate = peer.certificate.as_ref().ok_or("neither a token nor a certificate")?;
            by_digest(&deployment, &certificate.der, |channel| channel.certificate_sha256.as_deref())
                .ok_or("no channel has this certificate")?
        }
    };
    let text = |name: &str, own: &str| {
        let given = request.header(name).map(|value| String::from_utf8_lossy(value).into_owned());
        given.unwrap_or_else(|| own.to_owned())
    };
    let seconds = found.wait_seconds.unwrap_or(deployment.limits.asker_seconds);
    Ok(Caller {
        name: found.name.clone(),
        branch: text("x-branch", &found.branch),
        teller: text("x-teller", &found.teller),
        services: found.services.clone(),
        wait: Duration::from_secs(seconds),
    })
}

fn by_digest<'d>(
    deployment: &'d Deployment,
    given: &[u8],
    known: impl Fn(&Channel) -> Option<&str>,
) -> Option<&'d Channel> {
    let given = super::hash(given);
    let same = |known: &str| constant_time_equal(known.to_lowercase().as_bytes(), given.as_bytes());
    deployment.channels.iter().map(|channel| &channel.value).find(|channel| known(channel).is_some_and(same))
}

/// What is signed, the claims in it, and the signature.
struct Signed<'t> {
    covered: &'t [u8],
    header: Json,
    claims: Json,
    signature: Vec<u8>,
}

/// The parts of a token, if it is a signed one.
fn parts(token: &[u8]) -> Option<Signed<'_>> {
    if token.len() > MOST {
        return None;
    }
    let mut dots = token.iter().enumerate().filter(|(_, octet)| **octet == b'.').map(|(place, _)| place);
    let (first, second) = (dots.next()?, dots.next()?);
    let part = |from: usize, to: usize| from_base64(token.get(from..to)?, true).ok();
    let object = |octets: Option<Vec<u8>>| serde_json::from_slice::<Json>(&octets?).ok();
    Some(Signed {
        covered: token.get(..second)?,
        header: object(part(0, first))?,
        claims: object(part(first + 1, second))?,
        signature: part(second + 1, token.len())?,
    })
}

/// The channel that signed a token. Which algorithm holds is said by the channel's key, never by the token alone.
fn signer<'d>(
    engine: &Engine,
    deployment: &'d Deployment,
    signed: &Signed<'_>,
) -> Result<&'d Channel, &'static str> {
    const NOBODY: &str = "no channel signed this token";
    let issuer = signed.claims.get("iss").and_then(Json::as_str).ok_or(NOBODY)?;
    let mut channels = deployment.channels.iter().map(|channel| &channel.value);
    let channel = channels.find(|channel| channel.name == issuer).ok_or(NOBODY)?;
    let name = channel.token_key.as_deref().ok_or(NOBODY)?;
    let now = engine.journal.now().0 / 1_000;
    let keys =
        engine.keys.keys_for_checking(name, now).map_err(|_| "the channel's key is not in the store")?;
    let algorithm = signed.header.get("alg").and_then(Json::as_str).unwrap_or_default();
    let holds = |key: &PreparedKey| {
        let signature = match (key.kind(), algorithm) {
            (KeyKind::Ec, "ES256") => Signature::EcdsaSha256Raw,
            (KeyKind::Rsa, "RS256") => Signature::RsaSha256,
            _ => return false,
        };
        verify(signature, key, signed.covered, &signed.signature, None).is_ok()
    };
    if !keys.iter().any(|key| holds(key)) {
        return Err("the signature of the token does not hold");
    }
    let until = signed.claims.get("exp").and_then(Json::as_i64).ok_or("the token does not say until when")?;
    match until.saturating_sub(now) {
        ..=0 => Err("the token has run out"),
        left if left > HOLDS => Err("the token holds for more than an hour"),
        _ => Ok(channel),
    }
}
