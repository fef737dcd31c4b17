//! `reparto retailcrm hours`: working hours, lunch and holidays of the CRM's settings, as a section of a rule file.
//!
//! A server imports them by itself for schedules with `from = "crm"`; what is printed here is for accounts without that,
//! and for the tests of files with it.

use clap::Args;

use super::{CrmArgs, refused};
use crate::cli::exit::{FINDINGS, FINE, Failure};
use crate::cli::terminal::Terminal;
use crate::connectors::retailcrm::crm::hours::import;
use crate::connectors::retailcrm::crm::request::Request;
use crate::connectors::retailcrm::crm_wire::SettingsPage;
use crate::domain::ids::ScheduleId;
use crate::rules::imported::TABLE;

/// `reparto retailcrm hours …`
#[derive(Debug, Args)]
#[command(after_help = "\
A schedule that says nothing but from = \"crm\" needs none of this: a connected server imports the hours by itself.
Tests and checks of such a file know hours only if the file says some: --imported prints them for that.

Where the rules are a folder, the section may be a file of its own, and be written again whenever the CRM's hours
change: the server reads its rules again when they do.

Examples:
  reparto retailcrm hours --crm-url https://shop.simla.com --key-file crm.key
  reparto retailcrm hours --crm-url https://shop.simla.com --key-file crm.key --name office > rules/office.toml
  reparto retailcrm hours --crm-url https://shop.simla.com --key-file crm.key --imported > rules/imported.toml

Exit codes:
  0  printed
  1  the CRM has no working hours, or some could not be taken over
  2  could not run")]
pub struct HoursArgs {
    /// How the CRM is reached
    #[command(flatten)]
    pub crm: CrmArgs,
    /// The name of the schedule, for `open(\"office\")` in conditions
    #[arg(long, default_value = "office", value_parser = |text: &str| ScheduleId::parse(text))]
    pub name: ScheduleId,
    /// Print `[imported.crm]`, which the file's own tests of schedules with from = "crm" go by
    #[arg(long, conflicts_with = "name")]
    pub imported: bool,
}

/// Runs the command.
///
/// # Errors
/// A CRM that cannot be asked.
pub async fn run(args: &HoursArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let client = args.crm.client()?;
    let page: SettingsPage = client.ask(&Request::settings()).await.map_err(|error| refused(&error))?;
    let header = if args.imported { TABLE.to_owned() } else { format!("schedules.{}", args.name) };
    let imported = import(&page.settings, &header);
    for left_out in &imported.left_out {
        writeln!(terminal.err, "left out: {left_out}")?;
    }
    let Some(section) = imported.section else {
        writeln!(terminal.err, "the CRM has no working hours; set them under Settings > Working hours")?;
        return Ok(FINDINGS);
    };
    writeln!(terminal.out, "# Working hours of {}, as its settings have them.", client.address())?;
    terminal.out.write_all(section.as_bytes())?;
    Ok(if imported.left_out.is_empty() { FINE } else { FINDINGS })
}
