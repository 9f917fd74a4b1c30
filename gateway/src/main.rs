//! The binary `tongshi`.
mod cli;
mod demo;

fn main() -> std::process::ExitCode {
    cli::run()
}
