//! The binary `tongshi`: the gateway, its tools and its demonstration.
//!
//! In: arguments, environment, files. Out: exit codes that mean something. It holds no logic: `cli` reads the arguments,
//! the rooms below do the work.

mod admin;
mod cli;
mod demo;
mod stage;
mod start;

use std::io::IsTerminal as _;

/// Small records, texts and tasks are made and dropped for every message, often on another thread than they were made on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is logged where `TONGSHI_LOG` says nothing: what an operator must see.
const LOG: &str = "warn";

fn main() -> std::process::ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("TONGSHI_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(LOG));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    cli::run()
}
