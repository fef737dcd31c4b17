//! What a rule set would do, as text for people.

use std::fmt::Write;

use crate::http::rule_diff::{AccountDiff, ChangeView, RulesDiff, SpotView};

/// Most dialogs that are listed one by one.
const LISTED: usize = 10;

/// The whole of it.
pub fn human(diff: &RulesDiff) -> String {
    let mut out = String::new();
    // Writing to a text never fails.
    let _ = if diff.from == diff.to {
        writeln!(out, "{} is in force already", diff.to)
    } else {
        writeln!(out, "{} -> {}", diff.from, diff.to)
    };
    for change in &diff.changes {
        let _ = writeln!(out, "  {}", line(change));
    }
    account(&diff.account, diff.migrate, &mut out);
    out
}

fn line(change: &ChangeView) -> String {
    let ChangeView { what, name, how, keys } = change;
    let sign = match how.as_str() {
        "added" => '+',
        "removed" => '-',
        "moved" => '^',
        _ => '~',
    };
    let keys = if keys.is_empty() { String::new() } else { format!(": {}", keys.join(", ")) };
    match what.as_str() {
        "section" => format!("{sign} [{name}] {how}"),
        list => format!("{sign} {list} {name} {how}{keys}"),
    }
}

fn account(found: &AccountDiff, migrate: bool, out: &mut String) {
    let AccountDiff { waiting, assigned, moved, kept, earlier, .. } = found;
    let _ = match waiting {
        0 => writeln!(out, "no dialog waits"),
        1 => writeln!(out, "1 dialog waits:"),
        _ => writeln!(out, "{waiting} dialogs wait:"),
    };
    let mut count = |n: usize, what: &str| {
        if n > 0 {
            let _ = writeln!(out, "  {n:>5} {what}");
        }
    };
    match found.release_per_second.filter(|_| *assigned > 1) {
        Some(rate) => count(*assigned, &format!("would get somebody, {} by [release] rate", at_most(rate))),
        None => count(*assigned, "would get somebody at once"),
    }
    count(*moved, "would wait elsewhere");
    count(*kept, "would wait as they do now");
    if *earlier > 0 && !migrate {
        count(*earlier, "keep the rules that they entered with; --migrate plans them anew");
    }
    for way in &found.ways {
        let _ = writeln!(out, "  {:>5} x {} -> {}", way.count, spot(&way.from), spot(&way.to));
    }
    for moved in found.dialogs.iter().take(LISTED) {
        let _ = writeln!(out, "  dialog {}: {} -> {}", moved.dialog, spot(&moved.from), spot(&moved.to));
    }
    if assigned + moved > LISTED {
        let _ = writeln!(out, "  and {} more", assigned + moved - LISTED);
    }
    for leaving in &found.leaving {
        let _ = writeln!(out, "dialog {} would be asked to leave {}", leaving.dialog, leaving.manager);
    }
    for dropped in &found.dropped {
        let _ = writeln!(
            out,
            "no rule would give {} dialogs any more; they keep the {} they hold",
            dropped.manager, dropped.dialogs
        );
    }
    for (what, names) in [("managers", &found.unknown_managers), ("groups", &found.unknown_groups)] {
        if !names.is_empty() {
            let _ = writeln!(out, "the account does not know these {what}: {}", names.join(", "));
        }
    }
}

/// A rate for people.
fn at_most(per_second: f64) -> String {
    if per_second < 1.0 {
        format!("at most {:.0} a minute", per_second * 60.0)
    } else {
        format!("at most {per_second:.0} a second")
    }
}

fn spot(spot: &SpotView) -> String {
    let by = |rule: &Option<String>| rule.as_ref().map_or("the default assignment".to_owned(), Clone::clone);
    let to = spot.to.as_deref().unwrap_or("nobody");
    match (spot.state.as_str(), spot.step) {
        ("assigned", _) => format!("{to}, by {}", by(&spot.rule)),
        (_, Some(step)) => format!("{} step {step} ({to})", by(&spot.rule)),
        (_, None) => format!("{} ({to})", by(&spot.rule)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::rule_diff::{DroppedView, WayView};

    fn waits(rule: &str, step: usize) -> SpotView {
        SpotView {
            state: "waiting".into(),
            rules: None,
            rule: Some(rule.into()),
            step: Some(step),
            to: Some("group:sales".into()),
        }
    }

    #[test]
    fn a_rate_is_told_in_minutes_while_it_is_slow() {
        assert_eq!(at_most(0.5), "at most 30 a minute");
        assert_eq!(at_most(2.0), "at most 2 a second");
    }

    #[test]
    fn counts_come_first_and_nothing_is_said_of_nothing() {
        let assigned =
            SpotView { state: "assigned".into(), step: None, to: Some("somebody".into()), ..waits("vip", 1) };
        let diff = RulesDiff {
            version: 1,
            from: "aaa".into(),
            to: "bbb".into(),
            migrate: false,
            changes: vec![ChangeView {
                what: "rule".into(),
                name: "vip".into(),
                how: "changed".into(),
                keys: vec!["when".into()],
            }],
            account: AccountDiff {
                waiting: 5,
                assigned: 3,
                moved: 0,
                kept: 2,
                earlier: 2,
                release_per_second: None,
                ways: vec![WayView { from: waits("standard", 2), to: assigned, count: 3 }],
                dialogs: Vec::new(),
                leaving: Vec::new(),
                dropped: vec![DroppedView { manager: "gleb".into(), dialogs: 4 }],
                unknown_managers: Vec::new(),
                unknown_groups: vec!["vips".into()],
            },
        };
        let text = "aaa -> bbb\n  ~ rule vip changed: when\n5 dialogs wait:\n      3 would get somebody at once\n      \
                    2 would wait as they do now\n      2 keep the rules that they entered with; --migrate plans them anew\n      \
                    3 x standard step 2 (group:sales) -> somebody, by vip\n\
                    no rule would give gleb dialogs any more; they keep the 4 they hold\n\
                    the account does not know these groups: vips\n";
        assert_eq!(human(&diff), text);
    }
}
