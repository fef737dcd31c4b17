//! `reparto migrate`: brings the database up to this version, or says whether it is.

use clap::Args;

use super::exit::{FINDINGS, FINE, Failure};
use super::parts::{self, Schema};
use super::settings::DataSettings;
use super::terminal::Terminal;

/// `reparto migrate …`
#[derive(Debug, Args)]
#[command(after_help = "\
`reparto serve` migrates by itself; this command is for doing it beforehand, or for asking first.

Examples:
  reparto migrate --data-dir /var/lib/reparto           Migrates
  reparto migrate --data-dir /var/lib/reparto --check   Exit code 1 if something is pending")]
pub struct MigrateArgs {
    /// Changes nothing; exit code 1 if a migration is pending
    #[arg(long)]
    pub check: bool,
    /// Where the data is
    #[command(flatten)]
    pub data: DataSettings,
}

/// Runs the command.
///
/// # Errors
/// A folder that cannot be read or written, a database of a newer version.
pub async fn run(args: MigrateArgs, terminal: &mut Terminal<'_>) -> Result<u8, Failure> {
    let data_dir = args.data.data_dir()?;
    let before = parts::schema(&data_dir).await?;
    if args.check {
        writeln!(terminal.out, "{}", before.sentence())?;
        return Ok(if before.is_pending() { FINDINGS } else { FINE });
    }
    parts::open_store(&data_dir).await?;
    let after = parts::schema(&data_dir).await?;
    if before == after {
        writeln!(terminal.out, "{}", after.sentence())?;
    } else {
        writeln!(
            terminal.out,
            "migrated from {} to {}",
            Schema::version(before.present),
            Schema::version(after.present)
        )?;
    }
    Ok(FINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_say_where_the_database_stands() {
        let schema = |present| Schema { present, wanted: 3 };
        assert_eq!(schema(None).sentence(), "there is no database yet; version 3 will be made");
        assert_eq!(schema(Some(1)).sentence(), "the database has version 1; version 3 is pending");
        assert_eq!(schema(Some(3)).sentence(), "the database has version 3, as it should");
        assert!(schema(None).is_pending() && schema(Some(2)).is_pending() && !schema(Some(3)).is_pending());
    }
}
