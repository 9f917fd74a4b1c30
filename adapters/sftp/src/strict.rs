//! A connection that carries nothing more of an answer's time limit that has passed while the process stood still.
//!
//! In: a stream on which is asked, and what is under way on it. Out: the same stream, which fails instead of sending what others
//! have given up. The library sends out of a task of its own, so that nobody else could hold it back. It must not know what is sent.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};

use link::Core;
use link::world::{Owed, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The stream, and what is under way on it.
pub(crate) struct Strict {
    stream: Stream,
    owed: Owed,
    core: Core,
}

impl Strict {
    pub(crate) fn new(core: &Core, stream: Stream) -> Self {
        let owed = stream.owed();
        Self { stream, owed, core: core.clone() }
    }

    /// What is under way on it.
    pub(crate) fn owed(&self) -> Owed {
        self.owed.clone()
    }
}

impl AsyncRead for Strict {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Strict {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.owed.stood_still(&self.core) {
            let why = "the process stood still beyond the limit of an answer";
            return Poll::Ready(Err(io::Error::new(ErrorKind::TimedOut, why)));
        }
        Pin::new(&mut self.stream).poll_write(context, from)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    /// An end in good order would come behind what is given up, and take it along.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.owed.is_owing() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
