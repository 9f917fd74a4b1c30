//! The binary `tongshi`.
mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
