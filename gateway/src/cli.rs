//! The command line: one subcommand a file.
//!
//! In: arguments. Out: text or JSON on standard output, and an exit code: 0 well, 1 what was asked for does not hold, 2
//! wrong use, 3 the machine failed. It must not hold logic of its own beyond reading files and showing results.

mod check;
mod files;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// 通事: a bank's gateway to the outside world. Every counterparty is one adapter in a small typed language.
#[derive(Parser)]
#[command(name = "tongshi", version, about, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Checks adapters: every diagnostic, every example, every flow path
    Check(check::Check),
}

/// Runs the command that the arguments name.
pub(crate) fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        Command::Check(command) => command.run(),
    }
}
