//! The command line: one subcommand a file.
//!
//! In: arguments. Out: text or JSON on standard output, and an exit code: 0 well, 1 what was asked for does not hold, 2
//! wrong use, 3 the machine failed. It must not hold logic of its own beyond reading files and showing results.

mod check;
mod demo;
mod explain;
mod files;
mod fmt;
mod key;

use clap::{Parser, Subcommand};
use std::io::Write;
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
    /// Puts adapter files into canonical form
    Fmt(fmt::Fmt),
    /// Shows the page of a diagnostic
    Explain(explain::Explain),
    /// Runs the gateway with a simulated core and counterparties, and compares the books
    Demo(demo::Demo),
    /// Creates, imports, lists and rotates keys in the encrypted key store
    Key(key::Key),
}

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// 0
    Well,
    /// 1: errors in an adapter, a failing case, books that differ.
    NotSo,
    /// 2
    WrongUse,
    /// 3
    Machine,
}

/// Runs the command that the arguments name.
pub(crate) fn run() -> ExitCode {
    let exit = match Arguments::parse().command {
        Command::Check(command) => command.run(),
        Command::Fmt(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Demo(command) => command.run(),
        Command::Key(command) => command.run(),
    };
    ExitCode::from(match exit {
        Exit::Well => 0,
        Exit::NotSo => 1,
        Exit::WrongUse => 2,
        Exit::Machine => 3,
    })
}

/// A line to standard output. A reader that has gone is no failure of ours.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A line to standard error.
pub(crate) fn warn(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
