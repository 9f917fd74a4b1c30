//! The handle of a TCP link on which others connect.

use std::fmt;
use std::io;
use std::sync::Arc;

use super::peer::serve;
use super::{FrameService, TcpServerConfig};
use crate::accept::{Acceptor, Listen, Serve};
use crate::counts::LinkCounts;
use crate::world::{Core, Mark};

/// A listening TCP link. Dropping it closes its connections at once; [`TcpServer::drain`] lets them end.
pub struct TcpServer {
    acceptor: Acceptor,
    counts: Arc<LinkCounts>,
}

impl TcpServer {
    /// Listens, and deals connections to the cores, the least loaded first.
    ///
    /// # Errors
    /// The address cannot be listened at, or the frame's description cannot work.
    pub async fn start(
        cores: Vec<Core>,
        config: TcpServerConfig,
        service: Arc<dyn FrameService>,
    ) -> io::Result<Self> {
        config.frame.check().map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let counts: Arc<LinkCounts> = Arc::default();
        let (address, most, whose) = (config.address.clone(), config.connections, config.whose.clone());
        let (config, shared) = (Arc::new(config), Arc::clone(&counts));
        let serve: Serve = Arc::new(move |accepted| {
            Box::pin(serve(Arc::clone(&config), Arc::clone(&service), Arc::clone(&shared), accepted))
        });
        let acceptor =
            Acceptor::start(cores, Listen { address: &address, most, whose }, Arc::clone(&counts), serve)
                .await?;
        Ok(Self { acceptor, counts })
    }

    /// The address that others connect to.
    #[must_use]
    pub fn address(&self) -> &str {
        self.acceptor.address()
    }

    /// The link's counters.
    #[must_use]
    pub fn counts(&self) -> &Arc<LinkCounts> {
        &self.counts
    }

    /// Listens no more, answers what was begun, and closes; at `until` whatever is left is cut.
    pub async fn drain(self, until: Mark) {
        self.acceptor.drain(until).await;
    }
}

impl fmt::Debug for TcpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpServer").field("address", &self.address()).finish_non_exhaustive()
    }
}
