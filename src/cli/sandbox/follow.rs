//! A real server beside the sandbox: its event feed is read as it grows, told line by line, and compared at the end.

use std::time::Duration;

use serde_json::Value;

use super::compare::{Told, differences, of_books};
use super::server::{Account, Server};
use super::{SandboxArgs, lines, until_stopped, verdict};
use crate::cli::exit::Failure;
use crate::cli::remote::Remote;
use crate::cli::signals::Signals;
use crate::cli::terminal::Terminal;
use crate::engine::clock::pause;
use crate::sandbox::server::Handle;

/// How long the server may take to hear of what happened last, once nothing happens any more.
const LOOKS: u32 = 150;
const LOOK: Duration = Duration::from_millis(200);
/// Differences that are shown.
const SHOWN: usize = 10;

/// The feed, as far as it was read.
struct Feed {
    remote: Remote,
    after: u64,
    told: Told,
}

impl Feed {
    /// Events since the last time; waits so many seconds for the first.
    async fn next(&mut self, wait: &str) -> Result<Vec<Value>, Failure> {
        let after = self.after.to_string();
        let query = [("after", after.as_str()), ("limit", "1000"), ("wait", wait)];
        let page = self.remote.get(&["events"], &query).await?;
        let events = page.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
        self.after = page.get("next_after").and_then(Value::as_u64).unwrap_or(self.after);
        for event in &events {
            self.told.hear(event);
        }
        Ok(events)
    }
}

fn write_lines(handle: &Handle, events: &[Value], terminal: &mut Terminal<'_>) -> Result<(), Failure> {
    let told: Vec<String> = handle.with(|world, now| {
        let time = world.people.as_ref().map(|people| lines::clock(people.time(now)));
        let time = time.unwrap_or_default();
        let lines = events.iter().filter_map(|event| lines::line(event, &world.gateway));
        lines.map(|line| format!("{time}  {line}")).collect()
    });
    for line in told {
        writeln!(terminal.out, "{line}")?;
    }
    terminal.out.flush()?;
    Ok(())
}

/// Runs a server beside the sandbox until it is told to stop; then compares both books.
pub async fn with_bot(
    args: &SandboxArgs,
    handle: &Handle,
    signals: &mut Signals,
    terminal: &mut Terminal<'_>,
) -> Result<u8, Failure> {
    let url = handle.url();
    writeln!(
        terminal.out,
        "A made-up shop with {} managers and {} channels, {} times as fast as life, at {url}.\n\
         Starting a server that shares out its dialogs …",
        args.managers, args.channels, args.speed
    )?;
    terminal.out.flush()?;
    let account = Account { url: &url, token: &args.token, key: &args.key };
    let mut server = Server::start(&account).await?;
    writeln!(
        terminal.out,
        "It is there: {}/docs shows its API. Ctrl-C ends it all and compares the books of both.\n",
        server.url()
    )?;
    let mut feed = Feed { remote: server.remote()?, after: 0, told: Told::default() };
    let exit = {
        let stopped = until_stopped(signals, args.seconds);
        tokio::pin!(stopped);
        loop {
            tokio::select! {
                () = &mut stopped => break Ok(()),
                events = feed.next("5") => match events {
                    Ok(events) => write_lines(handle, &events, terminal)?,
                    Err(_) if !server.is_alive() => {
                        break Err(Failure::new("the server ended by itself", "start it by hand with `reparto serve`"));
                    }
                    Err(failure) => break Err(failure),
                },
            }
        }
    };
    exit?;
    let agree = close(handle, &mut feed, terminal).await?;
    server.stop().await;
    Ok(verdict(agree))
}

/// Everybody stops where they are; once the server heard of it all, both books are compared.
async fn close(handle: &Handle, feed: &mut Feed, terminal: &mut Terminal<'_>) -> Result<bool, Failure> {
    handle.with(|world, now| {
        if let Some(people) = &mut world.people {
            people.stop_at(now);
        }
        // The last moments are for comparing, not for more mishaps.
        world.faults.chances = crate::sandbox::faults::Chances::default();
    });
    writeln!(terminal.out, "\nEverybody stops. Comparing the books …")?;
    terminal.out.flush()?;
    let (mut found, mut looks, mut calm) = (Vec::new(), 0, 0);
    while looks < LOOKS && calm < 5 {
        let events = feed.next("0").await?;
        write_lines(handle, &events, terminal)?;
        found = differences(&handle.with(|world, _| of_books(world.books())), &feed.told.dialogs);
        // What waits may still be given to somebody: only what stays the same is an end.
        calm = if events.is_empty() && found.is_empty() { calm + 1 } else { 0 };
        looks += 1;
        pause(LOOK).await;
    }
    let (totals, faults) = handle.with(|world, _| (world.books().totals(), world.faults.met().clone()));
    writeln!(
        terminal.out,
        "\n{} dialogs: {} closed, {} still open, {} of these with nobody.\n\
         Given by Reparto's rules: {}. Given by people, by hand: {}.",
        totals.opened,
        totals.closed,
        totals.opened - totals.closed,
        totals.unassigned,
        feed.told.by_rule,
        totals.by_hand
    )?;
    if !faults.is_empty() {
        let met: Vec<_> = faults.iter().map(|(fault, times)| format!("{} {times}×", fault.name())).collect();
        writeln!(terminal.out, "Went wrong on the way: {}.", met.join(", "))?;
    }
    if found.is_empty() {
        writeln!(terminal.out, "Both books agree on every dialog.")?;
    } else {
        writeln!(terminal.out, "The books differ on {} dialogs:", found.len())?;
        for difference in found.iter().take(SHOWN) {
            writeln!(terminal.out, "  {difference}")?;
        }
    }
    terminal.out.flush()?;
    Ok(found.is_empty())
}
