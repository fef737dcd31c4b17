//! What people complain about in other systems, by number, and what proves that it cannot happen here: a test by its
//! name, a scenario of `tests/fixtures/complaints.toml` that is played right here, or the design that rules it out.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use reparto::rules::load;
use reparto::trial::{self, render};

/// Why a complaint does not hold.
#[derive(Clone, Copy, Debug)]
enum Proof {
    /// A test function of this name.
    Test(&'static str),
    /// The test of the fixture whose name begins with the complaint's number.
    Scenario,
    /// There is nothing that could go wrong, for this reason.
    Design(&'static str),
}
use Proof::{Design, Scenario, Test};

/// All complaints: number, what goes wrong elsewhere, and why not here.
const COMPLAINTS: [(u16, &str, &[Proof]); 59] = [
    (
        1,
        "somebody comes, and what waits stays",
        &[Scenario, Test("whoever_waits_is_served_the_moment_somebody_comes")],
    ),
    (
        2,
        "work is found only by a sweep",
        &[Test("promises_hold_whatever_happens"), Design("the desk drains at each change; nothing sweeps")],
    ),
    (
        3,
        "the job that assigns did not run, and nobody sees it",
        &[
            Test("what_is_known_beforehand_begins_at_zero"),
            Design("there is no job; queue length and age are gauges"),
        ],
    ),
    (
        4,
        "the queue stops although people are free",
        &[
            Test("all_invariants_hold_on_random_days"),
            Test("the_view_tells_who_waits_and_how_busy_people_are"),
        ],
    ),
    (5, "what cannot be served blocks what can", &[Scenario]),
    (
        6,
        "the dispatcher dies or freezes",
        &[
            Test("the_account_recovers_when_the_store_does"),
            Test("a_crash_at_any_commit_keeps_what_was_acknowledged_and_the_day_can_be_repeated"),
        ],
    ),
    (
        7,
        "it waits for ever behind somebody who forgot to leave",
        &[
            Test("exhausted_steps_lead_to_the_default_assignment"),
            Test("dialogs_leave_whoever_is_away_for_too_long_and_stay_when_they_are_back_in_time"),
        ],
    ),
    (
        8,
        "with nobody there, some channels lose the message",
        &[Scenario, Test("nobody_there_means_waiting_until_somebody_comes")],
    ),
    (
        9,
        "unsaid preconditions, timers that depend on a browser",
        &[
            Test("the_newest_decision_is_told_in_full_and_in_words"),
            Design("deadlines belong to the dialog and the timekeeper"),
        ],
    ),
    (
        10,
        "a rule waits for a transition that never comes",
        &[Test("rules_that_begin_to_act_take_what_waits_and_rules_that_cease_let_it_go")],
    ),
    (
        11,
        "one dialog is assigned again and again",
        &[
            Test("an_answer_to_an_older_request_is_dropped"),
            Test("whatever_happens_the_dialog_keeps_its_word"),
        ],
    ),
    (
        12,
        "two writers fight over the responsible",
        &[
            Test("what_the_crm_reports_as_done_is_never_refused"),
            Test("an_answer_that_crosses_news_of_its_dialog_keeps_its_reservation"),
        ],
    ),
    (
        13,
        "two people get it, limits are passed",
        &[
            Test("promises_hold_whatever_happens"),
            Test("a_second_server_on_the_same_data_is_refused_and_the_first_goes_on"),
        ],
    ),
    (
        14,
        "counters and state disagree",
        &[Test("all_invariants_hold_on_random_days"), Test("promises_hold_whatever_happens")],
    ),
    (15, "somebody stays reserved for ever", &[Test("a_declined_answer_gives_its_room_to_the_next")]),
    (
        16,
        "several nodes on one database",
        &[Test("a_second_server_on_the_same_data_is_refused_and_the_first_goes_on")],
    ),
    (
        17,
        "taking turns is uneven",
        &[Test("turns_differ_by_at_most_one"), Test("turns_of_round_robin_differ_by_at_most_one")],
    ),
    (
        18,
        "who comes new is flooded",
        &[Scenario, Design("no strategy counts what somebody got in their life")],
    ),
    (19, "who came later is served first", &[Test("overtaking_is_bounded")]),
    (20, "the pause after a dialog is lost", &[Scenario, Test("wrap_up_pauses_and_ends")]),
    (21, "people collide, hoard and pick", &[Test("the_desk_serves_calls_as_theory_says")]),
    (22, "a returning customer goes to somebody absent", &[Scenario]),
    (
        23,
        "whether the absent count cannot be chosen",
        &[
            Test("the_default_manager_is_booked_present_or_not_but_never_over_capacity"),
            Test("steps_without_anybody_present_are_skipped_but_their_people_may_come"),
        ],
    ),
    (
        24,
        "a phone in a pocket looks offline",
        &[Test("a_blip_is_not_seen"), Test("the_tests_of_each_pass_and_reach_it")],
    ),
    (25, "customers have no owner", &[Test("the_owner_is_waited_for_while_full_and_then_the_search_widens")]),
    (26, "somebody on leave is switched to available", &[Scenario]),
    (27, "a setting is not respected", &[Test("the_tests_of_each_pass_and_reach_it")]),
    (28, "people who are away are in the pool", &[Scenario]),
    (29, "a transfer to somebody absent leaves the customer waiting", &[Test("who_may_be_chosen_by_hand")]),
    (
        30,
        "dialogs of somebody removed fall out of sight",
        &[
            Test("dialogs_of_a_removed_manager_go_to_others"),
            Test("waiting_dialogs_keep_their_plan_and_groups_change_under_it"),
        ],
    ),
    (
        31,
        "nobody stands in for somebody on leave",
        &[Test("the_deputy_of_an_owner_on_leave_gets_the_dialog_and_the_record_names_both")],
    ),
    (
        32,
        "no reply, and nothing happens",
        &[
            Test("the_manager_is_reminded_and_then_the_dialog_moves"),
            Test("an_unanswered_dialog_moves_on_and_then_stays"),
        ],
    ),
    (33, "it moves on once, or for ever", &[Scenario, Test("after_the_last_move_there_is_none")]),
    (34, "the same, years before", &[Test("the_manager_is_reminded_and_then_the_dialog_moves")]),
    (
        35,
        "people go round the distribution and pick",
        &[
            Test("who_answers_a_waiting_dialog_takes_it"),
            Test("a_choice_by_hand_is_a_fact_and_may_exceed_the_capacity"),
        ],
    ),
    (
        36,
        "nobody can decline",
        &[
            Scenario,
            Test("whoever_declines_is_passed_over_and_the_explanation_says_so"),
            Test("an_offer_that_nobody_answers_goes_on_to_the_next_in_time"),
        ],
    ),
    (
        37,
        "limits are counted wrongly",
        &[
            Test("weights_of_channels_are_booked_and_small_dialogs_fit_where_large_ones_do_not"),
            Test("promises_hold_whatever_happens"),
        ],
    ),
    (38, "silent dialogs block people", &[Test("a_customer_who_has_their_reply_and_is_silent_costs_less")]),
    (39, "limits by channel do not add up", &[Scenario]),
    (40, "who has too much is hard to find out", &[Test("a_list_shows_presence_load_and_capacity")]),
    (41, "closing is the same for everything", &[Scenario]),
    (
        42,
        "some states are never closed",
        &[
            Test("all_invariants_hold_on_random_days"),
            Test("while_the_bot_is_off_the_accounts_own_time_closes_and_nothing_moves"),
        ],
    ),
    (43, "a customer who waits for us is closed", &[Scenario, Test("it_closes_only_on_whom_the_rule_says")]),
    (
        44,
        "the farewell opens it again",
        &[Scenario, Test("texts_of_reparto_are_neither_replies_nor_questions")],
    ),
    (
        45,
        "a message and the closure cross",
        &[
            Test("an_opening_that_meets_a_closure_opens_the_next_dialog"),
            Test("whoever_writes_calls_the_closure_off"),
        ],
    ),
    (46, "thousands are closed at once", &[Test("lets_a_seconds_worth_through_at_once_and_then_the_rate")]),
    (
        47,
        "it closes without a warning",
        &[Test("warning_farewell_closure"), Test("warnings_keep_their_distances")],
    ),
    (
        48,
        "closing needs a job of the system's",
        &[
            Test("it_closes_by_itself_after_warning_and_farewell"),
            Design("a deadline is the server's own; nothing outside is set up"),
        ],
    ),
    (49, "an hour off after a change of summer time", &[Scenario, Test("each_minute_is_as_the_clocks_say")]),
    (
        50,
        "open hours are remembered and stale",
        &[
            Test("rules_match_by_the_hours_of_the_moment"),
            Design("hours are computed from schedule and clock, and kept on nobody"),
        ],
    ),
    (51, "no shifts", &[Test("the_tests_of_each_pass_and_reach_it")]),
    (52, "nobody can tell who assigned and why", &[Test("a_message_becomes_an_explained_assignment")]),
    (
        53,
        "a rule silently does nothing",
        &[
            Test("a_missing_target_is_announced_once_and_skipped"),
            Test("each_bad_file_gives_exactly_its_findings"),
        ],
    ),
    (
        54,
        "conditions never hold, or for what we began",
        &[Scenario, Test("decisions_and_hands_are_counted_apart_and_once")],
    ),
    (
        55,
        "strategies are not understood",
        &[
            Test("the_least_share_in_use_wins_then_the_longest_without_work"),
            Test("longest_idle_goes_by_the_last_work_done_or_got"),
            Test("ordered_goes_by_the_groups_list"),
        ],
    ),
    (
        56,
        "two people who must not meet do",
        &[Scenario, Test("whom_the_customer_excludes_gets_nothing_of_theirs_by_any_step")],
    ),
    (
        57,
        "switching it on floods people with what is old",
        &[Test("what_a_change_of_rules_sets_free_goes_on_at_the_rate_of_the_new_rules")],
    ),
    (
        58,
        "statistics are slow",
        &[Design("a decision and the gauges read indexes and sums; benches/ hold the figures")],
    ),
    (
        59,
        "overload at a few a second",
        &[
            Test("refuses_beyond_the_limit_and_admits_again"),
            Test("a_server_that_stops_under_load_has_done_what_it_acknowledged"),
        ],
    ),
];

/// All sources as one text.
fn sources(folder: &Path, text: &mut String) {
    let entries = fs::read_dir(folder).expect("a folder");
    for entry in entries.map(|entry| entry.expect("a readable entry").path()) {
        if entry.is_dir() {
            sources(&entry, text);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&entry).expect("UTF-8"));
        }
    }
}

/// The names of all test functions: `fn` a few lines below an attribute that ends with `test]`.
fn tests() -> BTreeSet<String> {
    let mut text = String::new();
    for folder in ["src", "tests"] {
        sources(Path::new(folder), &mut text);
    }
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let is_test = |at: usize| {
        lines[at.saturating_sub(4)..at].iter().any(|line| line.starts_with("#[") && line.ends_with("test]"))
    };
    let name = |line: &str| {
        let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
        Some(rest.split_once('(')?.0.to_owned())
    };
    lines.iter().enumerate().filter(|(at, _)| is_test(*at)).filter_map(|(_, line)| name(line)).collect()
}

#[test]
fn each_complaint_is_answered() {
    let tests = tests();
    assert!(tests.len() > 300, "only {} tests found", tests.len());
    let missing: Vec<_> = COMPLAINTS
        .iter()
        .flat_map(|(number, _, proofs)| proofs.iter().map(move |proof| (number, proof)))
        .filter(|(_, proof)| matches!(proof, Test(name) if !tests.contains(*name)))
        .collect();
    assert!(missing.is_empty(), "no such tests: {missing:#?}");
    for (at, (number, complaint, proofs)) in COMPLAINTS.iter().enumerate() {
        assert_eq!(usize::from(*number), at + 1);
        assert!(!proofs.is_empty() && !complaint.is_empty(), "{number} has no answer");
        for proof in *proofs {
            if let Design(reason) = proof {
                assert!(reason.split(' ').count() >= 5, "{number}: {reason}");
            }
        }
    }
}

#[test]
fn the_scenarios_come_out_as_they_should() {
    let sources = load(Path::new("tests/fixtures/complaints.toml")).expect("a readable file");
    let report = trial::run(&sources);
    let told = render::human(&report, &sources, false);
    assert!(report.passed(), "{told}");
    let number = |name: &str| name.split_once(':').and_then(|(number, _)| number.parse::<u16>().ok());
    let played: BTreeSet<u16> = report.tests.iter().filter_map(|test| number(&test.name)).collect();
    assert_eq!(played.len(), report.tests.len(), "each begins with a number of its own");
    let wanted: BTreeSet<u16> = COMPLAINTS
        .iter()
        .filter(|(.., proofs)| proofs.iter().any(|proof| matches!(proof, Scenario)))
        .map(|(number, ..)| *number)
        .collect();
    assert_eq!(played, wanted);
}
