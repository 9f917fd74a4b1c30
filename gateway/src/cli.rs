//! The command line: one subcommand a file.
//!
//! In: arguments. Out: text or JSON on standard output, and an exit code: 0 well, 1 what was asked for does not hold, 2
//! wrong use, 3 the machine failed. It must not hold logic of its own beyond reading files and showing results.

mod audit;
mod check;
mod conform;
mod decode;
mod demo;
mod doc;
mod encode;
mod explain;
mod failure;
mod files;
mod flow;
mod fmt;
mod key;
mod operator;
mod packet;
mod parameter;
mod parked;
mod party;
mod reconcile;
mod run;
mod specimens;
mod text;
mod torture;

use clap::{Parser, Subcommand};
use failure::Failure;
use std::io::{IsTerminal as _, Write};
use std::process::ExitCode;

/// 通事: a bank's gateway to the outside world. Every counterparty is one adapter in a small typed language.
#[derive(Parser)]
#[command(
    name = "tongshi",
    version,
    about,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 well; 1 what was asked for does not hold (errors in an adapter or a deployment, a failing case, books that differ,\na refusal of the gateway); 2 wrong use (arguments, a passphrase or token that is not set, too short or not the right one);\n3 the machine failed (files, network, the journal).\nTONGSHI_LOG says what is logged, e.g. TONGSHI_LOG=debug."
)]
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
    /// Runs the gateway of a deployment
    Run(run::Run),
    /// Plays a counterparty on real sockets
    Simulate(party::Simulate),
    /// Runs a party's suites: against it and against the gateway, simulated or live
    Conform(conform::Conform),
    /// Shows octets, files and captures as fields with offsets, labels and seals judged
    Decode(decode::Decode),
    /// Writes fields as the octets of a message
    Encode(encode::Encode),
    /// Makes up messages of a party with every value in them, for another implementation to judge
    Specimens(specimens::Specimens),
    /// Writes a party's interface document as a page
    Doc(doc::Doc),
    /// Shows flows and what was explored of them
    Flow(flow::Flow),
    /// Puts engine and flows into a simulated world of faults, and audits what came of it
    Torture(torture::Torture),
    /// Creates, imports, lists and rotates keys in the encrypted key store
    Key(key::Key),
    /// Answers an auditor's questions about a journal
    Audit(audit::Audit),
    /// Shows and changes parameters of a running gateway: one person proposes, another agrees
    Parameter(parameter::Parameter),
    /// Compares the journal, a party's file and the core's list, three ways
    Reconcile(reconcile::Reconcile),
    /// Shows what waits for people in a running gateway, and decides it: one person proposes, another agrees
    Parked(parked::Parked),
}

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// 0
    Well,
    /// 1: errors in an adapter or a deployment, a failing case, books that differ, a refusal of the gateway.
    NotSo,
    /// 2: arguments, a passphrase or token that is not set, too short or not the right one.
    WrongUse,
    /// 3: files, network, the journal.
    Machine,
}

/// Runs the command that the arguments name.
pub(crate) fn run() -> ExitCode {
    let command = Arguments::parse().command;
    log(&command);
    let exit = match command {
        Command::Check(command) => command.run(),
        Command::Fmt(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Demo(command) => command.run(),
        Command::Run(command) => command.run(),
        Command::Simulate(command) => command.run(),
        Command::Conform(command) => command.run(),
        Command::Decode(command) => command.run(),
        Command::Encode(command) => command.run(),
        Command::Specimens(command) => command.run(),
        Command::Doc(command) => command.run(),
        Command::Flow(command) => command.run(),
        Command::Torture(command) => command.run(),
        Command::Key(command) => command.run(),
        Command::Parameter(command) => command.run(),
        Command::Parked(command) => command.run(),
        Command::Reconcile(command) => command.run(),
        Command::Audit(command) => command.run(),
    };
    ExitCode::from(match exit {
        Exit::Well => 0,
        Exit::NotSo => 1,
        Exit::WrongUse => 2,
        Exit::Machine => 3,
    })
}

/// Logs to standard error. Where `TONGSHI_LOG` says nothing: what an operator must see; where parties do wrong on purpose,
/// only what ought not to be.
fn log(command: &Command) {
    let level = match command {
        Command::Demo(_) | Command::Conform(_) => "error",
        // A journal that dies is what a campaign is made of.
        Command::Torture(_) => "off",
        _ => "warn",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("TONGSHI_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
}

/// Runs what waits, on a runtime of its own; an error is shown with the command's name.
pub(crate) fn in_runtime(name: &str, future: impl Future<Output = Result<Exit, Failure>>) -> Exit {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            warn(&format!("tongshi {name}: {error}"));
            return Exit::Machine;
        }
    };
    match runtime.block_on(future) {
        Ok(exit) => exit,
        Err(failure) => {
            warn(&format!("tongshi {name}: {}", failure.text));
            failure.exit
        }
    }
}

/// A line to standard output. A reader that has gone is no failure of ours.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A line to standard error.
pub(crate) fn warn(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
