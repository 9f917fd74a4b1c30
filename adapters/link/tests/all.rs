//! Links over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

#[path = "all/fair.rs"]
mod fair;
#[path = "all/files.rs"]
mod files;
#[path = "all/given_up.rs"]
mod given_up;
#[path = "all/held.rs"]
mod held;
#[path = "all/help.rs"]
mod help;
#[path = "all/http.rs"]
mod http;
#[path = "all/tcp_client.rs"]
mod tcp_client;
#[path = "all/tcp_server.rs"]
mod tcp_server;
#[path = "all/tls.rs"]
mod tls;
#[path = "all/unread.rs"]
mod unread;
