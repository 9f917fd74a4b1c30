//! The handle of an HTTP link on which others send requests.

use std::convert::Infallible;
use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, UNIX_EPOCH};

use hyper::body::Incoming;
use hyper::header::{DATE, Entry, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;

use super::convert::{self, Content, Unread, collect};
use super::pool::Tasks;
use super::{HttpMessage, HttpServerConfig, HttpService};
use crate::accept::{Accepted, Acceptor, Listen, Serve, secure};
use crate::counts::LinkCounts;
use crate::tcp::Peer;
use crate::world::{Core, Deadline, Mark};

/// A listening HTTP link. Dropping it closes its connections at once; [`HttpServer::drain`] lets them end.
pub struct HttpServer {
    acceptor: Acceptor,
    counts: Arc<LinkCounts>,
}

impl HttpServer {
    /// Listens, and deals connections to the cores, the least loaded first.
    ///
    /// # Errors
    /// The address cannot be listened at.
    pub async fn start(
        cores: Vec<Core>,
        config: HttpServerConfig,
        service: Arc<dyn HttpService>,
    ) -> io::Result<Self> {
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

async fn serve(
    config: Arc<HttpServerConfig>,
    service: Arc<dyn HttpService>,
    counts: Arc<LinkCounts>,
    accepted: Accepted,
) {
    let Accepted { stream, core, core_number, number, draining } = accepted;
    let address = Arc::clone(stream.peer());
    let until = core.mark().after(config.head_limit);
    let Ok(Ok(stream)) = core.within(until, secure(stream, config.tls.as_deref())).await else {
        counts.connect_failed.up();
        return;
    };
    let certificate = stream.certificate();
    let peer = Arc::new(Peer { address, connection: number, core: core_number, certificate });
    // Tasks that a version 2 connection needs end with the connection.
    let group = core.group();
    let builder = builder(&core, Tasks(group.adder()), &config);
    let begun = AtomicBool::new(false);
    let answering = service_fn(|request| {
        begun.store(true, Ordering::Relaxed);
        let (core, config) = (core.clone(), Arc::clone(&config));
        let (service, peer, counts) = (Arc::clone(&service), Arc::clone(&peer), Arc::clone(&counts));
        async move {
            let mut response = answer(&core, &config, &*service, &peer, &counts, request).await;
            date(&core, &mut response);
            Ok::<_, Infallible>(response)
        }
    });
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), answering));
    let drained = async {
        // An acceptor that is gone drains too.
        let _told_or_gone = draining.heard().await;
    };
    let served = async {
        tokio::select! {
            biased;
            ended = connection.as_mut() => ended,
            () = drained => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    };
    let ended = tokio::select! {
        biased;
        ended = served => ended,
        () = no_head(&core, config.head_limit, &begun) => {
            counts.timed_out.up();
            return tracing::debug!(peer = %peer.address, "connection ended: no head came in time");
        }
    };
    if let Err(error) = ended {
        counts.garbled.up();
        tracing::debug!(peer = %peer.address, %error, "connection ended");
    }
}

/// Ready when the first head has not come within its limit; never if it has. The library's own limits begin only when it
/// knows the version, and it waits without one for the octets that tell it.
async fn no_head(core: &Core, limit: Duration, begun: &AtomicBool) {
    core.deadline(core.mark().after(limit)).await;
    if begun.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
}

fn builder(core: &Core, executor: Tasks, config: &HttpServerConfig) -> auto::Builder<Tasks> {
    let timer = Timer::new(core);
    let mut builder = auto::Builder::new(executor);
    builder
        .http1()
        .timer(timer.clone())
        .auto_date_header(false)
        .header_read_timeout(config.head_limit)
        .max_buf_size(config.sizes.head.max(8 * 1024));
    builder
        .http2()
        .timer(timer)
        .auto_date_header(false)
        .max_header_list_size(u32::try_from(config.sizes.head).unwrap_or(u32::MAX))
        .keep_alive_interval(config.head_limit);
    builder
}

async fn answer(
    core: &Core,
    config: &HttpServerConfig,
    service: &dyn HttpService,
    peer: &Arc<Peer>,
    counts: &LinkCounts,
    request: Request<Incoming>,
) -> Response<Content> {
    let (head, mut body) = request.into_parts();
    let until = core.mark().after(config.content_limit);
    if convert::asks_too_much(&head.headers, &body, config.sizes.content) {
        return refusal(counts, 413);
    }
    let content = match core.within(until, collect(&mut body, config.sizes.content)).await {
        Ok(Ok(content)) => content,
        Ok(Err(Unread::TooLong)) => {
            // What is left past the limit of time is cut off.
            let _all_or_late = core.within(until, convert::pass_over(&mut body)).await;
            return refusal(counts, 413);
        }
        Ok(Err(Unread::Failed(_))) => return refusal(counts, 400),
        Err(_) => {
            counts.timed_out.up();
            return refusal(counts, 408);
        }
    };
    counts.received.up();
    let answer = service.handle(peer, convert::from_request(&head, content)).await;
    let response = convert::to_response(answer).unwrap_or_else(|| {
        tracing::error!(peer = %peer.address, "an answer cannot be written as HTTP");
        plain(500)
    });
    counts.sent.up();
    response
}

/// The last moment that such a date can be of: years have four digits.
const LATEST: u64 = 253_402_300_799_000_000;

/// Says when it was answered (RFC 9110, 6.6.1), by the core's clock: the library would ask the system's, so that a simulated day
/// would not be the same each time.
fn date(core: &Core, response: &mut Response<Content>) {
    let micros = u64::try_from(core.world().clock.now().0).unwrap_or(0).min(LATEST);
    let now = UNIX_EPOCH.checked_add(Duration::from_micros(micros));
    let text = now.and_then(|now| HeaderValue::from_str(&httpdate::fmt_http_date(now)).ok());
    if let (Some(text), Entry::Vacant(entry)) = (text, response.headers_mut().entry(DATE)) {
        entry.insert(text);
    }
}

/// A refusal after which nothing more is read on the connection.
fn refusal(counts: &LinkCounts, status: u16) -> Response<Content> {
    counts.garbled.up();
    plain(status)
}

fn plain(status: u16) -> Response<Content> {
    let closing = vec![("connection".to_owned(), bytes::Bytes::from_static(b"close"))];
    let message = HttpMessage { status, headers: closing, ..HttpMessage::default() };
    convert::to_response(message).unwrap_or_default()
}

/// Gives hyper the core's time.
#[derive(Clone)]
struct Timer {
    core: Core,
    zero: Instant,
    zero_mark: Mark,
}

impl Timer {
    fn new(core: &Core) -> Self {
        Self { core: core.clone(), zero: Instant::now(), zero_mark: core.mark() }
    }
}

impl hyper::rt::Timer for Timer {
    fn sleep(&self, span: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Nap(self.core.deadline(self.core.mark().after(span))))
    }

    fn sleep_until(&self, at: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        let mark = self.zero_mark.after(at.saturating_duration_since(self.zero));
        Box::pin(Nap(self.core.deadline(mark)))
    }

    fn now(&self) -> Instant {
        self.zero + self.core.mark().since(self.zero_mark)
    }
}

struct Nap(Deadline);

impl Future for Nap {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl hyper::rt::Sleep for Nap {}

impl fmt::Debug for HttpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpServer").field("address", &self.address()).finish_non_exhaustive()
    }
}
