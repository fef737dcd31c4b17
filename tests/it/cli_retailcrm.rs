//! `reparto retailcrm` as an administrator meets it, against the sandbox.

use std::fs;
use std::process::{Command, Output};

use reparto::domain::time::Timestamp;
use reparto::sandbox::crm::Crm;
use reparto::sandbox::crm::records::{Person, WorkTime};
use reparto::sandbox::server::{self, Handle, Options};
use reparto::sandbox::world::World;
use tempfile::TempDir;

const NOW: Timestamp = Timestamp::from_secs(1_772_442_000);

fn sandbox() -> Handle {
    let mut world = World::default();
    world.crm = Crm::new("k3y");
    world.gateway.add_channel("telegram", "Shop", 0, NOW);
    let user = world.gateway.add_user("17", "Ana", "Gil", NOW);
    world.crm.add_person(Person {
        id: 17,
        gateway_id: Some(user),
        first_name: "Ana".into(),
        last_name: "Gil".into(),
        email: String::new(),
        status: "free",
        is_admin: true,
        is_manager: true,
        groups: Vec::new(),
        created_at: NOW,
    });
    world.crm.settings.work_times =
        vec![WorkTime { day: "Monday", from: "08:00", to: "18:30", lunch: Some(("15:00", "16:00")) }];
    server::start(Options { world, ..Options::default() }).expect("a free port")
}

struct Desk {
    folder: TempDir,
    url: String,
}

impl Desk {
    /// Runs `reparto retailcrm …` in the folder; the sandbox goes on meanwhile.
    async fn runs(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_reparto"));
        command.arg("retailcrm").args(arguments).current_dir(self.folder.path());
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("REPARTO_"))
        {
            command.env_remove(name);
        }
        let run = tokio::task::spawn_blocking(move || command.output());
        let Output { status, stdout, stderr } = run.await.expect("it ends").expect("the program starts");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (status.code().unwrap_or(-1), text(stdout), text(stderr))
    }

    async fn asks(&self, command: &str, more: &[&str]) -> (i32, String, String) {
        let crm = [command, "--crm-url", self.url.as_str(), "--key-file", "crm.key"];
        self.runs(&[&crm, more].concat()).await
    }
}

#[actix::test]
async fn an_account_is_connected_and_checked() {
    let sandbox = sandbox();
    let desk = Desk { folder: tempfile::tempdir().expect("a folder"), url: sandbox.url() };
    let (code, _, err) = desk.asks("register", &[]).await;
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("cannot read the API key in crm.key"), "{err}");
    fs::write(desk.folder.path().join("crm.key"), "k3y\n").expect("a key");

    let (code, settings, err) = desk.asks("register", &[]).await;
    assert_eq!(code, 0, "{err}");
    assert!(settings.starts_with("[accounts.default.retailcrm]\nendpoint "), "{settings}");
    let token = fs::read_to_string(desk.folder.path().join("retailcrm.token")).expect("a token");
    assert!(!settings.contains(token.trim()) && !err.contains(token.trim()), "the token is in its file only");
    assert!(!settings.contains("k3y"), "{settings}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode =
            fs::metadata(desk.folder.path().join("retailcrm.token")).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    fs::write(desk.folder.path().join("reparto.toml"), settings).expect("settings");

    let (code, report, err) = desk.runs(&["check", "--config", "reparto.toml"]).await;
    assert_eq!(code, 0, "{report}{err}");
    for line in ["the CRM takes the key", "no other bot shares out dialogs", "1 managers have access"] {
        assert!(report.contains(line), "{line} in {report}");
    }
    sandbox.with(|world, _| world.crm.keys = vec!["another".into()]);
    let (code, report, _) = desk.runs(&["check", "--config", "reparto.toml"]).await;
    assert_eq!(code, 1, "{report}");
    assert!(report.contains("RED  the CRM refuses the key"), "{report}");
    sandbox.stop().await;
}

#[actix::test]
async fn hours_are_printed_as_a_section_of_a_rule_file() {
    let sandbox = sandbox();
    let desk = Desk { folder: tempfile::tempdir().expect("a folder"), url: sandbox.url() };
    fs::write(desk.folder.path().join("crm.key"), "k3y").expect("a key");
    let (code, hours, err) = desk.asks("hours", &["--name", "shop"]).await;
    assert_eq!(code, 0, "{err}");
    assert!(
        hours.ends_with(
            "[schedules.shop]\ntimezone = \"Europe/Madrid\"\nopen = { mon = [\"08:00-15:00\", \"16:00-18:30\"] }\n"
        ),
        "{hours}"
    );
    let (code, hours, err) = desk.asks("hours", &["--imported"]).await;
    assert!(code == 0 && hours.contains("\n[imported.crm]\ntimezone = "), "{hours}{err}");
    sandbox.with(|world, _| world.crm.is_missing = true);
    let (code, _, err) = desk.asks("hours", &[]).await;
    assert_eq!(code, 2);
    assert!(err.contains("there is no account at http://127.0.0.1"), "{err}");
    sandbox.stop().await;
}
