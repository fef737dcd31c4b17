//! `reparto sandbox`: a stand-in CRM to try things in, and with `--with-bot` a real server that is connected to it.
//!
//! | file | idea |
//! |---|---|
//! | `account` | the made-up account, from the flags |
//! | `server` | a real `reparto serve` beside it |
//! | `lines` | an event as a line that people read |
//! | `follow` | the event feed, read as it grows |
//! | `compare` | the sandbox's books against what Reparto told |

mod account;
mod compare;
mod follow;
mod lines;
mod server;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::exit::{FINDINGS, FINE, Failure};
use super::signals::Signals;
use super::terminal::Terminal;
use crate::engine::clock::pause;
use crate::sandbox::faults::Chances;
use crate::sandbox::server::{self as sandbox, Handle};

/// `reparto sandbox …`
#[derive(Args)]
#[command(after_help = "\
Nothing leaves this machine and nothing has to be set up: the sandbox speaks retailCRM's protocol on loopback, and its
customers and managers are made up.

Examples:
  reparto sandbox --with-bot
      An account with customers and managers, and a real server connected to it: watch who gets which dialog, and why.
      Ctrl-C ends it and compares the books of both.
  reparto sandbox --with-bot --faults rough --speed 120
      The same with dropped sockets, lost replies, refused calls, and people who interfere.
  reparto sandbox
      The account alone. The lines it prints connect a server of yours, or any other bot.
  reparto sandbox --dialogs 0
      Nobody writes: move customers and managers by hand, with POST http://127.0.0.1:8790/sandbox/customer-message and
      its neighbours.

Exit codes:
  0  stopped when asked; with --with-bot: both books agree
  1  the books differ
  2  could not run: the address is taken, the server does not start")]
pub struct SandboxArgs {
    /// Where the sandbox listens; its own calls are for this machine only
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8790")]
    pub listen: SocketAddr,
    /// How much faster than real time people live
    #[arg(long, value_name = "TIMES", default_value_t = 60.0, value_parser = speed)]
    pub speed: f64,
    /// Managers
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=500))]
    pub managers: u16,
    /// Channels
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=50))]
    pub channels: u16,
    /// Times a day that a customer writes anew; 0: nobody writes by themselves
    #[arg(long, value_name = "N", default_value_t = 600)]
    pub dialogs: u32,
    /// Hour of the day at which it begins
    #[arg(long, value_name = "HOUR", default_value_t = 10, value_parser = clap::value_parser!(u8).range(0..24))]
    pub hour: u8,
    /// What chance is drawn from: the same seed, the same people
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// What goes wrong on the way between the bot and the account
    #[arg(long, value_enum, default_value_t)]
    pub faults: FaultsArg,
    /// The token that the account has for its bot
    #[arg(long, value_name = "TOKEN", default_value = "sandbox-token")]
    pub token: String,
    /// The key to the account's CRM
    #[arg(long, value_name = "KEY", default_value = "sandbox-key")]
    pub key: String,
    /// Also run a real server, connected to the account, and tell what it does
    #[arg(long)]
    pub with_bot: bool,
    /// Stop after so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<u64>,
}

impl fmt::Debug for SandboxArgs {
    /// Without the token and the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxArgs")
            .field("listen", &self.listen)
            .field("with_bot", &self.with_bot)
            .finish_non_exhaustive()
    }
}

/// How much goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FaultsArg {
    /// Nothing
    #[default]
    None,
    /// One in fifty requests and frames, people who interfere, a broken line every two minutes
    Rough,
}

impl From<FaultsArg> for Chances {
    fn from(faults: FaultsArg) -> Self {
        match faults {
            FaultsArg::None => Self::default(),
            FaultsArg::Rough => Self::ROUGH,
        }
    }
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "it is a number, such as 60".to_owned())?;
    if speed > 0.0 && speed <= 10_000.0 { Ok(speed) } else { Err("it lies between 0 and 10000".into()) }
}

/// Runs the sandbox until it is asked to stop.
///
/// # Errors
/// Everything that keeps it from starting.
pub async fn run(args: SandboxArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let mut signals = Signals::new().map_err(|error| {
        Failure::new(format!("cannot listen to signals: {error}"), "check the limits of this process")
    })?;
    let handle = sandbox::start(account::options(&args)).map_err(|error| {
        Failure::new(
            format!("cannot listen at {}: {error}", args.listen),
            "choose another address with --listen, such as 127.0.0.1:0",
        )
    })?;
    let exit = if args.with_bot {
        follow::with_bot(&args, &handle, &mut signals, terminal).await
    } else {
        tell_how_to_connect(&args, &handle, terminal)?;
        until_stopped(&mut signals, args.seconds).await;
        Ok(FINE)
    };
    handle.stop().await;
    exit
}

fn tell_how_to_connect(
    args: &SandboxArgs,
    handle: &Handle,
    terminal: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let (url, token, key) = (handle.url(), &args.token, &args.key);
    writeln!(
        terminal.out,
        "The sandbox listens at {url}. To connect a server, put this into its settings file:\n\n\
         [accounts.default.retailcrm]\n\
         endpoint = \"{url}\"\n\
         token    = \"{token}\"\n\
         crm_url  = \"{url}\"\n\
         crm_key  = \"{key}\"\n\n\
         and start it with `reparto serve --config FILE`. Ctrl-C stops the sandbox."
    )?;
    terminal.out.flush()?;
    Ok(())
}

/// Waits for a signal, or for so long.
async fn until_stopped(signals: &mut Signals, seconds: Option<u64>) {
    let longest = async {
        match seconds {
            Some(seconds) => pause(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = signals.stop() => {}
        () = longest => {}
    }
}

/// How it ends when both books were compared.
fn verdict(agree: bool) -> u8 {
    if agree { FINE } else { FINDINGS }
}
