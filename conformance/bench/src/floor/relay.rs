//! The floor of W3: frames behind four digits of length, passed through between pairs of connections.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Octets of a frame at most, without its length.
const MOST: usize = 9_999;
/// Octets read at once.
const CHUNK: usize = 8 * 1024;

/// Serves W3 until it is ended; `tell` hears its port.
///
/// # Errors
/// When it cannot listen.
pub fn serve(behind: &str, tell: impl FnOnce(u16)) -> Result<(), String> {
    let behind = behind.to_owned();
    super::on_one_core(tell, move |stream| {
        let behind = behind.clone();
        async move {
            let Ok(other) = TcpStream::connect(&behind).await else { return };
            if other.set_nodelay(true).is_err() {
                return;
            }
            let ((from_front, to_front), (from_back, to_back)) = (stream.into_split(), other.into_split());
            let forth = tokio::task::spawn_local(pass(from_front, to_back));
            pass(from_back, to_front).await;
            forth.abort();
        }
    })
}

/// Passes whole frames: all that have come in one write.
async fn pass(mut from: tokio::net::tcp::OwnedReadHalf, mut to: tokio::net::tcp::OwnedWriteHalf) {
    let mut buffer = Vec::new();
    while from.readable().await.is_ok() {
        buffer.reserve(CHUNK);
        match from.read_buf(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let Some(whole) = whole(&buffer) else { return };
        let Some(frames) = buffer.get(..whole) else { return };
        if whole > 0 && to.write_all(frames).await.is_err() {
            return;
        }
        buffer.drain(..whole);
    }
}

/// Octets of the whole frames at the beginning; none for a length that is none.
fn whole(octets: &[u8]) -> Option<usize> {
    let mut end = 0;
    while let Some(digits) = octets.get(end..end + 4) {
        let length: usize = std::str::from_utf8(digits).ok()?.parse().ok()?;
        if length > MOST {
            return None;
        }
        if octets.len() < end + 4 + length {
            break;
        }
        end += 4 + length;
    }
    Some(end)
}
