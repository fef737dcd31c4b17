//! The command line: one file a command, exit codes as constants, help that teaches.
//!
//! Commands write through a [`Terminal`] and return an exit code or a [`Failure`]; only [`main`] touches the process.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod assemble;
pub mod completions;
pub mod config;
mod connect;
pub mod exit;
pub mod explain;
mod explain_page;
pub mod first_token;
pub mod listen;
pub mod migrate;
mod parts;
mod reload;
pub mod remote;
pub mod retailcrm;
pub mod rules;
pub mod sandbox;
pub mod serve;
pub mod settings;
pub mod signals;
pub mod terminal;
pub mod token;
mod watch;

use crate::drive::args::DriveArgs;
use exit::{COULD_NOT_RUN, Failure};
use terminal::Terminal;

/// The program and its commands.
#[derive(Debug, Parser)]
#[command(
    name = "reparto",
    version,
    about = "Shares out dialogs: a distribution bot and routing engine for CRM chats",
    propagate_version = true,
    after_help = "\
Examples:
  reparto serve                        Start a server on 127.0.0.1:8080, database in ./data
  reparto rules check rules/           Check rule files before they go live
  reparto token create --name crm      Make a token for the CRM backend
  reparto sandbox --with-bot           See it work within a minute, with a made-up CRM
  reparto drive --help                 Play real or made-up traffic against a running server

Exit codes:
  0  fine
  1  findings: bad rules, a failed check, a pending migration
  2  could not run"
)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the server until it is told to stop
    Serve(Box<serve::ServeArgs>),
    /// Makes, lists and revokes the bearer tokens of the API
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Brings the database up to this version, or checks whether it is
    Migrate(migrate::MigrateArgs),
    /// Checks rule files and explains what they may be told
    #[command(subcommand)]
    Rules(rules::RulesCommand),
    /// Plays a trace against a running server as a CRM backend would, and checks what comes of it
    Drive(Box<DriveArgs>),
    /// Connects an account of retailCRM (Simla.com), and says what is wrong with the connection
    #[command(name = "retailcrm", subcommand)]
    RetailCrm(retailcrm::RetailCrmCommand),
    /// Runs a stand-in CRM with made-up people, and on request a real server connected to it
    Sandbox(Box<sandbox::SandboxArgs>),
    /// Explains why a dialog is where it is, and why a manager did not get it
    Explain(explain::ExplainArgs),
    /// Shows the settings in force, and all there are
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Prints a script that completes commands and flags in a shell
    Completions(completions::CompletionsArgs),
}

impl Command {
    /// Carries it out.
    ///
    /// # Errors
    /// Why it could not run.
    pub async fn run(self, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
        match self {
            Self::Serve(args) => serve::run(*args, terminal).await,
            Self::Token(command) => token::run(command, terminal).await,
            Self::Migrate(args) => migrate::run(args, terminal).await,
            Self::Rules(command) => rules::run(command, terminal).await,
            Self::Drive(args) => Ok(crate::drive::run(&args, terminal.out, terminal.err).await.code()),
            Self::RetailCrm(command) => retailcrm::run(command, terminal).await,
            Self::Sandbox(args) => sandbox::run(*args, terminal).await,
            Self::Explain(args) => explain::run(args, terminal).await,
            Self::Config(command) => config::run(command, terminal),
            Self::Completions(args) => completions::run(&args, terminal),
        }
    }
}

/// Reads the arguments, runs the command and says how it ended.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let exit = Terminal::with_standard(|terminal| {
        let result = actix_rt::System::new().block_on(cli.command.run(terminal));
        result.unwrap_or_else(|failure| {
            // If stderr is gone too, the exit code still tells.
            if failure.exit() == COULD_NOT_RUN {
                let _ = writeln!(terminal.err, "{failure}");
            }
            failure.exit()
        })
    });
    ExitCode::from(exit)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;
    use crate::store::change::Role;

    fn parse(line: &str) -> Result<Command, ErrorKind> {
        let words = std::iter::once("reparto").chain(line.split_whitespace());
        Cli::try_parse_from(words).map(|cli| cli.command).map_err(|error| error.kind())
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands_are_read() {
        assert!(matches!(parse("serve --listen 127.0.0.1:1 --data-dir d --rules r"), Ok(Command::Serve(_))));
        assert!(matches!(parse("config show --workers 2"), Ok(Command::Config(_))));
        assert!(matches!(parse("rules explain-code R204"), Ok(Command::Rules(_))));
        assert!(matches!(parse("migrate --check"), Ok(Command::Migrate(args)) if args.check));
        let Ok(Command::Token(token::TokenCommand::Create(args))) =
            parse("token create --role viewer --account a")
        else {
            panic!("token create is a command");
        };
        assert_eq!((args.role, args.account.map(|a| a.to_string())), (Role::Viewer, Some("a".into())));
        let Ok(Command::Rules(rules::RulesCommand::Check(args))) = parse("rules check a b --format github")
        else {
            panic!("rules check is a command");
        };
        assert_eq!((args.paths.len(), args.format, args.strict), (2, rules::Format::Github, false));
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        assert_eq!(parse("").err(), Some(ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand));
        assert_eq!(parse("server").err(), Some(ErrorKind::InvalidSubcommand));
        assert_eq!(parse("serve --port 1").err(), Some(ErrorKind::UnknownArgument));
        assert_eq!(parse("rules check").err(), Some(ErrorKind::MissingRequiredArgument));
        assert_eq!(parse("rules check a --format xml").err(), Some(ErrorKind::InvalidValue));
        assert_eq!(parse("token create --role root").err(), Some(ErrorKind::InvalidValue));
        assert_eq!(parse("token create --account a/b").err(), Some(ErrorKind::ValueValidation));
    }

    #[test]
    fn every_command_explains_itself() {
        fn check(command: &clap::Command, path: &str) {
            assert!(command.get_about().is_some(), "{path} says nothing of itself");
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{path} {} says nothing of itself", argument.get_id());
            }
            for below in command.get_subcommands() {
                check(below, &format!("{path} {}", below.get_name()));
            }
        }
        check(&Cli::command(), "reparto");
    }
}
