//! The party's listening sockets, and lines that it holds itself: frames and requests in, answers out, with faults carried out
//! where bytes leave.

use super::http::{of_http, to_http};
use super::live::Make;
use super::play::{Answered, Play, up};
use crate::numbered::{Turn, numbering};
use crate::scene::Parts;
use crate::world::Fault;
use bytes::{Bytes, BytesMut};
use dsl::model::{Beat, Link};
use dsl::program::Part;
use link::frame::{FrameConfig, Framer};
use link::http::{HttpMessage, HttpServer, HttpServerConfig, HttpServiceFn};
use link::tls::TlsServer;
use link::world::{Stream, TaskGroup};
use link::{Core, Mark, World as Seams};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;

/// How long an HTTP request whose answer is lost stays open.
const LOST: Duration = Duration::from_secs(120);
/// The most octets of one message.
pub(crate) const MOST: usize = 16 << 20;

/// The frame of a link.
pub(crate) fn frame(link: &Link) -> FrameConfig {
    crate::framing::frame_config(link, MOST)
}

/// Listens for frames; gives the address.
pub(crate) async fn listen_tcp(
    group: &Arc<TaskGroup>,
    play: &Arc<Play>,
    link: usize,
    address: &str,
    tls: Option<Arc<TlsServer>>,
) -> io::Result<String> {
    let core = group.core().clone();
    let mut listener = core.world().net.listen(address).await?;
    let bound = listener.address();
    let form = play.module().links.get(link).map(|link| link.link.clone());
    let form = form.ok_or_else(|| io::Error::other("a link that is not there"))?;
    let config = frame(&form);
    config.check().map_err(io::Error::other)?;
    let (play, inner) = (Arc::clone(play), Arc::downgrade(group));
    group.spawn(async move {
        while let Ok(stream) = listener.accept().await {
            let Some(group) = inner.upgrade() else { return };
            let (core, play, tls) = (core.clone(), Arc::clone(&play), tls.clone());
            let (framer, beat) = (Framer::new(config.clone()), form.empty_beat());
            group.spawn(async move {
                let stream = match tls {
                    Some(tls) => tls.accept(stream).await,
                    None => Ok(stream),
                };
                if let Ok(stream) = stream {
                    let ended = serve(&core, &play, link, (framer, beat), None, stream).await;
                    play.disconnected(link);
                    tracing::trace!(?ended, "connection ended");
                }
            });
        }
    });
    Ok(bound)
}

/// Serves one connection until it ends; `begun`: what the party says on one that it has made itself.
pub(super) async fn serve(
    core: &Core,
    play: &Arc<Play>,
    link: usize,
    (mut framer, beat): (Framer, Option<Beat>),
    begun: Option<mpsc::Receiver<Make>>,
    mut stream: Stream,
) -> io::Result<()> {
    let mut signed = !play.signs_in_on(link);
    play.counts_anew(link);
    let mut incoming = BytesMut::new();
    let mut begun = begun.or_else(|| signed.then(|| play.on_line(link)));
    // Replies that leave behind later ones. Where messages are numbered nothing may overtake another.
    let (mut late, overtakes) = (Late::default(), numbering(play.module(), link).is_none());
    loop {
        let frame = match framer.decode(&mut incoming) {
            Ok(Some(frame)) => frame,
            Ok(None) => {
                // In an order: the dice of a campaign are its seed's alone.
                let read = tokio::select! {
                    biased;
                    () = late.comes(core) => {
                        late.leave(core, &mut stream).await?;
                        continue;
                    }
                    Some(make) = next(&mut begun) => {
                        let made = core.offload(make).await.flatten();
                        if let Some(parts) = made {
                            let mut out = BytesMut::new();
                            framer.encode(parts.get(Part::Content), &mut out).map_err(io::Error::other)?;
                            stream.write_all(&out).await?;
                            stream.flush().await?;
                        }
                        continue;
                    }
                    read = stream.read_buf(&mut incoming) => read?,
                };
                if read > 0 {
                    continue;
                }
                match framer.finish(&mut incoming) {
                    Ok(Some(frame)) if !frame.is_empty() => frame,
                    _ => {
                        // Who asks nothing more may still listen.
                        while !late.0.is_empty() {
                            late.comes(core).await;
                            late.leave(core, &mut stream).await?;
                        }
                        return Ok(());
                    }
                }
            }
            Err(error) => {
                up(&play.counts.bad);
                return Err(io::Error::other(error));
            }
        };
        let mut out = BytesMut::new();
        if let Some(beat) = beat.filter(|_| frame.is_empty()) {
            // It says that the other side is there; where that may not be missed for long, the party says the same.
            if beat.close_after_ms.is_some() {
                framer.encode(&[], &mut out).map_err(io::Error::other)?;
                stream.write_all(&out).await?;
            }
            continue;
        }
        for turn in play.turns(link, Parts::content(frame)) {
            let close = match turn {
                Turn::Hear(parts) => {
                    let Some(parts) = play.awaited(link, parts) else { continue };
                    let (judge, working) = (Arc::clone(play), play.work());
                    let answered = core.offload(move || judge.answer(link, &parts, signed)).await;
                    drop(working);
                    let Some(answered) = answered else { return Ok(()) };
                    signed |= answered.signed;
                    if signed && begun.is_none() {
                        begun = Some(play.on_line(link));
                    }
                    if let Some(reply) = &answered.reply {
                        framer.encode(reply.get(Part::Content), &mut out).map_err(io::Error::other)?;
                    }
                    let closes = answered.close || framer.ends_by_close();
                    // A line is signed in when the party has said so, not before.
                    let overtaken = overtakes && !closes && !answered.signed && late.0.len() < Late::MOST;
                    if let Some(Fault::Delay(milliseconds)) = answered.fault.as_ref().filter(|_| overtaken) {
                        up(&play.counts.faults);
                        let at = core.mark().after(Duration::from_millis(*milliseconds));
                        late.0.push((at, out.split()));
                        continue;
                    }
                    carry_out(core, play, &answered, &mut out).await || closes
                }
                Turn::Say(saying) => {
                    match play.say(link, &saying) {
                        Ok(said) => {
                            framer.encode(said.get(Part::Content), &mut out).map_err(io::Error::other)?;
                        }
                        Err(why) => play.failed(why),
                    }
                    false
                }
                Turn::Close => true,
            };
            stream.write_all(&out.split()).await?;
            stream.flush().await?;
            if close {
                return stream.shutdown().await;
            }
        }
    }
}

/// Replies that are kept back: when each leaves, and its octets. What comes behind is judged meanwhile, as by a host that
/// is slow with one of its transactions.
#[derive(Default)]
struct Late(Vec<(Mark, BytesMut)>);

impl Late {
    /// So many are kept back at most; the next one holds up the connection.
    const MOST: usize = 64;

    /// When the next one is to leave; never where there is none.
    async fn comes(&self, core: &Core) {
        match self.0.iter().map(|(at, _)| *at).min() {
            Some(at) => core.world().clock.sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    /// Sends what is to leave by now.
    async fn leave(&mut self, core: &Core, stream: &mut Stream) -> io::Result<()> {
        let now = core.mark();
        for (_, octets) in self.0.extract_if(.., |(at, _)| *at <= now) {
            stream.write_all(&octets).await?;
        }
        stream.flush().await
    }
}

/// The next message that the party begins; never where nobody has signed in.
async fn next(begun: &mut Option<mpsc::Receiver<Make>>) -> Option<Make> {
    match begun {
        Some(begun) => begun.recv().await,
        None => std::future::pending().await,
    }
}

/// Carries the fault out on the octets that leave; whether the connection closes after them.
async fn carry_out(core: &Core, play: &Play, answered: &Answered, out: &mut BytesMut) -> bool {
    let Some(fault) = &answered.fault else { return false };
    up(&play.counts.faults);
    match fault {
        Fault::DropRequest | Fault::DropReply => out.clear(),
        Fault::Close => {
            out.clear();
            return true;
        }
        Fault::Delay(milliseconds) => pause(core.world(), Duration::from_millis(*milliseconds)).await,
        Fault::DuplicateReply => {
            let once = out.clone();
            out.extend_from_slice(&once);
        }
        Fault::WrongSeal | Fault::Unread | Fault::Refuse => {}
        Fault::Garble => garble(out),
        Fault::Instead(text) => {
            out.clear();
            out.extend_from_slice(text.as_bytes());
        }
        Fault::Truncate => {
            let half = out.len() / 2;
            out.truncate(half);
            return true;
        }
    }
    false
}

pub(super) async fn pause(seams: &Seams, span: Duration) {
    let until = seams.clock.mark().after(span);
    seams.clock.sleep_until(until).await;
}

/// Other octets in the middle; the length stays.
pub(super) fn garble(out: &mut [u8]) {
    let middle = out.len() / 2;
    let end = (middle + 4).min(out.len());
    for octet in out.get_mut(middle..end).unwrap_or_default() {
        *octet ^= 0x55;
    }
}

/// Listens for HTTP requests.
pub(crate) async fn listen_http(
    core: &Core,
    play: &Arc<Play>,
    link: usize,
    address: &str,
    tls: Option<Arc<TlsServer>>,
) -> io::Result<HttpServer> {
    let (play, seams) = (Arc::clone(play), core.clone());
    let service = HttpServiceFn(move |_, request: HttpMessage| {
        let (play, core) = (Arc::clone(&play), seams.clone());
        async move { answer_http(&core, &play, link, request).await }
    });
    let config = HttpServerConfig { tls, sizes: super::SIZES, ..HttpServerConfig::new(address) };
    HttpServer::start(vec![core.clone()], config, Arc::new(service)).await
}

async fn answer_http(core: &Core, play: &Arc<Play>, link: usize, request: HttpMessage) -> HttpMessage {
    let (judge, parts) = (Arc::clone(play), of_http(request));
    let working = play.work();
    let answered = core.offload(move || judge.answer(link, &parts, true)).await;
    drop(working);
    let Some(answered) = answered else { return HttpMessage::response(503, Bytes::new()) };
    let Some(reply) = &answered.reply else {
        if answered.fault.is_some() {
            pause(core.world(), LOST).await;
        }
        return HttpMessage::response(400, Bytes::new());
    };
    let mut message = to_http(reply, "", "");
    let mut content = BytesMut::from(&message.content[..]);
    if matches!(answered.fault, Some(Fault::DropReply | Fault::Close)) {
        up(&play.counts.faults);
        pause(core.world(), LOST).await;
        return HttpMessage::response(500, Bytes::new());
    }
    if answered.fault != Some(Fault::DuplicateReply) {
        carry_out(core, play, &answered, &mut content).await;
    }
    message.content = content.freeze();
    message
}
