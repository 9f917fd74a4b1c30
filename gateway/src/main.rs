//! The binary `tongshi`: the gateway, its tools and its demonstration.
//!
//! In: arguments, environment, files. Out: exit codes that mean something. It holds no logic: `cli` reads the arguments,
//! the rooms below do the work.

mod admin;
mod builtin;
mod cli;
mod demo;
mod fence;
mod journal;
mod reconcile;
mod stage;
mod start;
mod torture;

/// Small records, texts and tasks are made and dropped for every message, often on another thread than they were made on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::run()
}
