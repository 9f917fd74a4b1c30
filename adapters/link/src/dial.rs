//! Making one connection within a limit, TLS included. We ask on all that are made.

use crate::outcome::{Cause, CauseKind};
use crate::tls::TlsClient;
use crate::world::{Core, Mark, Stream};

/// Connects to `address` until `until`. Nothing of a request has left when this fails.
pub(crate) async fn dial(
    core: &Core,
    address: &str,
    tls: Option<&TlsClient>,
    until: Mark,
) -> Result<Stream, Cause> {
    let dialled = core
        .within(until, async {
            let connected = core.world().net.connect(address).await;
            let stream = connected.and_then(Stream::asked).map_err(|error| Cause::connect(&error))?;
            match tls {
                Some(tls) => tls.connect(stream).await.map_err(|error| Cause::told(CauseKind::Tls, error)),
                None => Ok(stream),
            }
        })
        .await;
    dialled.unwrap_or_else(|_| Err(Cause::new(CauseKind::ConnectTimedOut)))
}
