//! The floor: what somebody would write by hand for this one counterparty, as fast as we can make it.
//!
//! Structs, tokio with one current-thread runtime, hyper's version 1 connections in a pool without a lock, GBK by tables,
//! seals with kept keys. It stands here to be beaten: a slow floor makes a false goal, so whoever finds it slower than it
//! could be makes it faster. It must not know the language, the codecs or the engine.

pub mod bill;
pub mod gbk;
mod json;
pub mod platform;
pub mod relay;
pub mod seal;

use bill::{Answer, Ask, REPLY, REQUEST};
use gbk::Gbk;
use platform::Platform;
use seal::Seals;
use std::rc::Rc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the floor for W1 works with.
struct Floor {
    gbk: Gbk,
    seals: Seals,
    platform: Platform,
}

/// Serves W1 until it is ended; `tell` hears its port.
///
/// # Errors
/// When it cannot listen.
pub fn serve(platform: &str, seals: Seals, tell: impl FnOnce(u16)) -> Result<(), String> {
    let floor = Rc::new(Floor { gbk: Gbk::new(), seals, platform: Platform::new(platform)? });
    on_one_core(tell, move |stream| {
        let floor = Rc::clone(&floor);
        async move { floor.line(stream).await }
    })
}

/// Accepts connections on one current-thread runtime and serves each as a task of it.
fn on_one_core<F: Future<Output = ()> + 'static>(
    tell: impl FnOnce(u16),
    line: impl Fn(TcpStream) -> F + 'static,
) -> Result<(), String> {
    let told = |error: std::io::Error| error.to_string();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(told)?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async move {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(told)?;
        tell(listener.local_addr().map_err(told)?.port());
        loop {
            let (stream, _) = listener.accept().await.map_err(told)?;
            stream.set_nodelay(true).map_err(told)?;
            tokio::task::spawn_local(line(stream));
        }
    })
}

impl Floor {
    async fn line(&self, mut stream: TcpStream) {
        let mut incoming = Vec::new();
        let mut outgoing = Vec::new();
        // No buffer before there is something to put into it: a silent connection costs its task and nothing else.
        while stream.readable().await.is_ok() {
            if incoming.capacity() == 0 {
                incoming.reserve(4 * REQUEST);
                outgoing.reserve(REPLY);
            }
            match stream.read_buf(&mut incoming).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            while let Some(frame) = incoming.get(..REQUEST) {
                outgoing.clear();
                if self.answer(frame, &mut outgoing).await.is_none()
                    || stream.write_all(&outgoing).await.is_err()
                {
                    return;
                }
                incoming.drain(..REQUEST);
            }
        }
    }

    async fn answer(&self, frame: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let ask = Ask::read(frame, &self.gbk, &self.seals)?;
        let content = ask.content();
        let signature = self.seals.sign(&content)?;
        let (signature, content) = self.platform.post(signature, content).await?;
        if !self.seals.verify(&content, signature.as_bytes()) {
            return None;
        }
        let answer = Answer::read(&content)?;
        answer.write(&ask, &self.gbk, &self.seals, out)
    }
}
