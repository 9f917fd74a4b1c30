//! A hand-moved clock, a raw peer, and what the tests have in common.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use link::frame::{Frame, FrameConfig, LengthCode, LengthField};
use link::tcp::{BackOff, Hold, LineEvent, LineHandler, Request, TcpClientConfig};
use link::world::{BoxFuture, Listener, ManualClock, Net, Stream};
use link::{Core, CoreOwner, Leave, Mark, Moment, World};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// A core whose time stands until the test moves it.
pub(crate) fn standing() -> (CoreOwner, ManualClock) {
    let clock = ManualClock::new(Moment(0));
    (Core::start(World::with_clock(Arc::new(clock.clone()))), clock)
}

/// A standing core whose listener accepts, or whose clients connect to, the ends of pipes, which hold no more than they are told to.
pub(crate) fn piped() -> (CoreOwner, ManualClock, Pipes) {
    let clock = ManualClock::new(Moment(0));
    let (give, take) = mpsc::unbounded_channel();
    let net = Arc::new(PipeNet(Mutex::new(Some(take))));
    (Core::start(World { net, ..World::with_clock(Arc::new(clock.clone())) }), clock, Pipes(give))
}

pub(crate) struct Pipes(mpsc::UnboundedSender<Stream>);

impl Pipes {
    /// A connection that holds at most so many unread bytes each way.
    pub(crate) fn connect(&self, most: usize) -> DuplexStream {
        let (ours, theirs) = tokio::io::duplex(most);
        self.0.send(Stream::made(Box::new(theirs), "pipe")).unwrap();
        ours
    }
}

struct PipeNet(Mutex<Option<mpsc::UnboundedReceiver<Stream>>>);

impl Net for PipeNet {
    fn connect<'a>(&'a self, _address: &'a str) -> BoxFuture<'a, io::Result<Stream>> {
        let pipe = self.0.lock().unwrap().as_mut().and_then(|pipes| pipes.try_recv().ok());
        Box::pin(async { pipe.ok_or_else(|| io::ErrorKind::ConnectionRefused.into()) })
    }

    fn listen<'a>(&'a self, _address: &'a str) -> BoxFuture<'a, io::Result<Box<dyn Listener>>> {
        Box::pin(async {
            let pipes = self.0.lock().unwrap().take().unwrap();
            Ok(Box::new(PipeListener(pipes)) as Box<dyn Listener>)
        })
    }
}

struct PipeListener(mpsc::UnboundedReceiver<Stream>);

impl Listener for PipeListener {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Stream>> {
        Box::pin(async {
            match self.0.recv().await {
                Some(stream) => Ok(stream),
                None => std::future::pending().await,
            }
        })
    }

    fn address(&self) -> String {
        "pipe".into()
    }
}

/// Moves time on, a tenth of a second at a time, until the future is ready.
pub(crate) async fn until<T>(clock: &ManualClock, future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    loop {
        tokio::select! {
            biased;
            value = &mut future => return value,
            () = tokio::task::yield_now() => clock.advance(Duration::from_millis(100)),
        }
    }
}

pub(crate) fn four_digits() -> FrameConfig {
    let field = LengthField { code: LengthCode::Digits, size: 4 };
    FrameConfig::new(Frame::Prefix { field, counts_itself: false }, 9_999)
}

pub(crate) fn framed(payload: &str) -> Vec<u8> {
    format!("{:04}{payload}", payload.len()).into_bytes()
}

pub(crate) fn config(address: String, hold: Hold) -> TcpClientConfig {
    let back_off = BackOff { first: Duration::from_secs(1), most: Duration::from_secs(8) };
    TcpClientConfig { hold, back_off, ..TcpClientConfig::new(address, four_digits()) }
}

/// The first four bytes of a payload.
pub(crate) fn by_key(connections: usize) -> Hold {
    let key = Arc::new(|frame: &Bytes| frame.get(..4).map(Bytes::copy_from_slice));
    Hold::ManyEach { connections, most: 100, key }
}

pub(crate) fn events() -> (LineHandler, mpsc::UnboundedReceiver<LineEvent>) {
    let (tell, hear) = mpsc::unbounded_channel();
    (Arc::new(move |event| drop(tell.send(event))), hear)
}

pub(crate) fn request(core: &Core, payload: &str) -> Request {
    let bytes = Bytes::copy_from_slice(payload.as_bytes());
    let key = bytes.get(..4).map(Bytes::copy_from_slice);
    Request { bytes, until: core.mark().after(Duration::from_secs(5)), key, tag: 77, leave: Leave::default() }
}

pub(crate) async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

pub(crate) async fn accept(listener: &TcpListener) -> TcpStream {
    listener.accept().await.unwrap().0
}

/// One frame of the four-digit kind, read by hand.
pub(crate) async fn read_frame(socket: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = [0; 4];
    socket.read_exact(&mut head).await.unwrap();
    let mut body = vec![0; std::str::from_utf8(&head).unwrap().parse().unwrap()];
    socket.read_exact(&mut body).await.unwrap();
    String::from_utf8(body).unwrap()
}

pub(crate) async fn write_frame(socket: &mut (impl AsyncWrite + Unpin), payload: &str) {
    socket.write_all(&framed(payload)).await.unwrap();
    socket.flush().await.unwrap();
}

/// A far mark.
pub(crate) fn later(core: &Core) -> Mark {
    core.mark().after(Duration::from_secs(5))
}
