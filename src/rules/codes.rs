//! Every kind of finding: its code, how bad it is, and a paragraph for whoever wants to know more.
//!
//! Families: R0 the text, R1 keys and values, R2 rules and steps, R3 conditions, R4 people, capacity and
//! facts, R5 moving, closing and texts, R6 tests, R7 time. A code keeps its meaning for ever; new ones are added
//! at the end of their family.

use std::fmt;

use super::diagnostic::Severity::{self, Error, Warning};

macro_rules! codes {
    ($($name:ident $code:literal $severity:ident $title:literal: $explanation:literal;)*) => {
        /// A kind of finding.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The code itself, such as `R204`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// How bad it is.
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => $severity),* }
            }

            /// What it is, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }

            /// The paragraph about it.
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$name => $explanation),* }
            }
        }
    };
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The paragraph about a code, in whatever case it is written; `None` when there is no such code.
pub fn explain_code(code: &str) -> Option<&'static str> {
    let wanted = Code::ALL.iter().find(|known| known.as_str().eq_ignore_ascii_case(code.trim()))?;
    Some(wanted.explanation())
}

codes! {
    Syntax "R001" Error "the text is not TOML":
        "A rule file is written in TOML: `key = value`, `[section]`, `[[list of sections]]`, texts in quotes. While the text cannot be read, nothing else in it can be checked, so mend these findings first.";
    SchemaUnknown "R002" Error "the schema number is not one that this version reads":
        "`schema` says in which version of this language the file is written. There is only 1 so far, which is also what is meant when the line is missing. A higher number was written for a newer Reparto: upgrade, rather than change the number.";
    SectionTwice "R003" Error "two files of one folder say the same thing":
        "All files of a folder make one rule set. Rules, priorities and close rules follow each other in the order of the file names; groups, facts and texts come together from all files. Every other section may stand in one file only, and no group, fact or text may be defined twice.";

    TooLarge "R004" Error "the text is too large":
        "All files of a rule set together may have 4 MiB, and a line 100,000 bytes: some hundred times more than the largest file that people write. What is longer was most likely not meant to be a rule file, and is not read at all.";

    UnknownKey "R101" Error "no such key":
        "Keys and sections that Reparto does not know are errors and not skipped, because a mistyped key would silently do nothing. The finding names the nearest known key, or lists the keys that may stand there.";
    MissingKey "R102" Error "a key that must be there is missing":
        "Most keys have a default that `reparto rules show` prints. This one has none, because no default would be right for everybody.";
    WrongType "R103" Error "the value is of another type than the key takes":
        "Each key takes one type of value: a text in quotes, a whole number, a number, true or false, a list in brackets, or a section in braces. Durations and targets are texts: `wait = \"2m\"`, `to = \"group:sales\"`.";
    BadDuration "R104" Error "not a duration":
        "A duration is a whole number with a unit, or several from large to small: \"90s\", \"2m\", \"72h\", \"1d\", \"1h30m\". Units are w, d, h, m, s and ms. Fractions and negative durations do not exist.";
    ZeroDuration "R105" Error "a duration of zero where some time must pass":
        "This clock would run out before anybody could act: a wait of zero skips the step, a close after zero closes at once. Leave the key out to do without, or name a time.";
    UnknownWord "R106" Error "not one of the words that may stand here":
        "This key takes one of a few words, which the finding lists. They are written in lower case with underscores.";
    OutOfRange "R107" Error "a number outside of what makes sense":
        "Numbers have limits so that a slip of a key is found before it does harm: capacities and weights are not negative, shares lie between 0 and 1, priorities within a million points. So have lists and names: a rule has at most 10 tags, a tag 1 to 255 characters.";
    BadId "R108" Error "not an identifier":
        "Names of rules, managers, groups, bots and texts are identifiers: 1 to 128 bytes without white space, control characters, quotes, and / ? # \\. They must be written exactly as the CRM writes them.";
    DuplicateId "R109" Error "two things of one kind have the same id":
        "Explanations, metrics and tests name rules by id, so an id must mean one rule. The same holds for priorities and close rules. A rule without an id is called after its place: `rule-1`, `rule-2` and so on.";
    UnknownTimezone "R110" Error "no such time zone":
        "Time zones are names of the IANA data base, such as `Europe/Madrid` or `America/New_York`. Abbreviations such as CET and offsets such as +02:00 do not tell when summer time begins.";
    BadRate "R111" Error "not a rate":
        "A rate is a number and a unit of time: \"5/s\", \"30/min\", \"1000/h\". It limits how many dialogs are closed automatically (`[closing]`), or how many held ones go on (`[release]`), so that thousands that fall due at once do not flood the CRM or your managers.";
    NotYetSupported "R112" Error "known, but not supported by this version":
        "The rule language knows this, but the version of Reparto that you run does not support it yet. It is an error rather than something skipped, because a rule that is silently left out sends dialogs to the wrong people.";
    KeysExclude "R113" Error "two keys that exclude each other":
        "These keys say the same thing in different ways, so only one of them may stand. A rule has either a list of steps (`step`) or one step written directly in it (`to`, `pick`); a group has either `managers` or a `crm_group`.";
    Repeated "R114" Warning "the same thing twice in a list":
        "The second one does nothing. It is often a slip where another name or time was meant.";
    NoEffect "R115" Warning "a key that has no effect here":
        "The key is valid, but nothing around it makes use of it. The finding says what it would need.";

    NoRule "R201" Error "there is no rule":
        "Without a rule nobody is ever assigned. The smallest complete file is one rule: `[[rule]]` with `to = \"everyone\"`. To keep Reparto from assigning on purpose, set `mode = \"off\"` in `[bot]`.";
    NoCatchAll "R202" Warning "some dialogs match no rule":
        "The first rule whose condition holds is used. When the last rule has a condition too, dialogs for which none holds go to the default assignment: `[bot.fallback]`, or else the account's own setting. End the file with a rule without `when`.";
    NeverMatches "R203" Error "the condition never holds":
        "Whatever the dialog, this condition is false, so what it guards never happens. Remove it, or correct the condition.";
    Unreachable "R204" Error "no dialog can reach this":
        "The first match wins, and something above matches every dialog that this one could match. Order goes from special to general: move the narrower one up, or remove it. The same holds for priorities and close rules.";
    UnknownTarget "R205" Error "not a target":
        "A step is about one of: `owner` (the customer's manager in the CRM), `last_manager` (who served the customer last), `everyone`, `manager:ID`, `group:ID`, `bot:ID`.";
    UnknownStrategy "R206" Error "no such strategy":
        "`pick` says how one of several is picked: `least_loaded` (the least share of capacity in use), `round_robin` (in turn), `longest_idle` (the longest without new work), `ordered` (the first with room, in the group's order).";
    UnknownGroup "R207" Warning "the file does not define this group":
        "A group that is not in `[groups]` is taken for a group of the CRM with the same name. If the CRM has it, say so, and the warning goes away: `support = { crm_group = \"support\" }` in `[groups]`.";
    WaitLeadsNowhere "R208" Warning "after this wait there is nothing":
        "`wait` on the last step limits how long a dialog stays there; then the default assignment takes over. The file has no `[bot.fallback]`, so the account's own setting decides, which is often nobody. Remove the wait to let the dialog stay until somebody is free, or name a fallback.";
    NoSteps "R209" Error "a rule without any step":
        "A rule must say where its dialogs go: `to = \"group:sales\"` directly in the rule, or a list of steps.";
    StepAddsNobody "R210" Warning "the step adds nobody":
        "Steps widen: people of earlier steps stay eligible. This step names only people who are eligible already and lets them take no more than before, so it changes nothing. Use `only = true` to narrow instead, or `over_capacity` to let the same people take more.";
    PickWithoutChoice "R211" Warning "nothing to pick from":
        "`pick` says how one of several is picked. This step is about a single person or bot, so there is no choice to make.";
    BadFallback "R212" Error "not a default assignment":
        "`[bot.fallback]` says what happens when no rule decides: `assign` is `crm` (leave it to the CRM's own default), `nobody`, `manager:ID`, `group:ID` or `bot:ID`.";
    NeverAges "R213" Warning "dialogs of this priority do not gain points by waiting":
        "With `per_minute = 0` a dialog never overtakes those that came with more points, so under constant load it may wait for ever.";
    SlopesDiffer "R214" Warning "priorities gain points at different speeds":
        "When all classes gain the same points a minute, one with 600 points more and 60 a minute overtakes at most ten minutes' worth of waiting. With different speeds there is no such bound: the slower class falls behind further the longer it waits.";
    StepNeverReached "R215" Warning "the step is never reached":
        "A bot always has room, so a dialog never goes on from a step to a bot. Put the bot last.";
    NobodyFits "R216" Warning "a step that nobody can ever take":
        "All managers of this step have a capacity of zero in this file, so none of them is ever given a dialog, and the step does nothing. Give them units, or name somebody else.";
    WaitNeverPasses "R217" Warning "a wait that never passes":
        "The dialog does not stay so long: a bot takes it at once, or a close rule closes dialogs whose customer waits for us before the wait is over. Shorten the wait, or let the close rule wait for our answer by `last_from = \"manager\"`.";
    NotCompared "R218" Warning "too much to compare":
        "Whether an earlier rule takes whatever a later one could is found out by comparing their conditions part by part. Here there are so many parts that the search was given up, so that a check never hangs: from this place on, rules that nobody reaches may stay unnoticed. Shorten the conditions, for example by a list (`customer.city in [\"Madrid\", \"Lima\"]`) in place of many `||`, or by a fact of your own.";
    UnreachableTogether "R219" Warning "several rules above leave nothing for this one":
        "No single condition above takes every dialog that this one could match, but several do between them, such as `customer.vip` and `!customer.vip`. So this rule is never used. Move it above them, or remove it. A last rule without `when` is not meant: it is good to have one even when the others leave nothing for it. The same holds for priorities and close rules.";
    FactsWaitTooLong "R220" Error "too long a wait for a customer's facts":
        "With `facts_within` a rule lets a new dialog wait for what is being looked up of its customer, before its condition is looked at. Nobody is offered the dialog meanwhile, so the wait is short: 30 seconds at most, and a second or two is enough for a CRM that answers at all. When the time is over the rules go on with what is known.";

    ConditionSyntax "R301" Error "the condition cannot be read":
        "A condition is an expression over facts: `customer.vip && channel.type == \"telegram\"`. There are && || ! == != < <= > >= in, + - * /, texts in quotes, lists in brackets, parentheses, `a ? b : c`, size(), has(), open(), duration(), and .startsWith() .endsWith() .contains() .matches() of a text.";
    UnknownFact "R302" Error "no such fact":
        "Conditions may use the facts of the catalogue (`reparto rules facts`) and those declared in `[facts]`. A fact of the CRM's own must be declared there with its type and default before a condition may use it.";
    WrongOperand "R303" Error "an operator or function cannot be applied to this type":
        "Both sides of a comparison must be of the same type; < and > compare numbers or durations; durations are added to durations and subtracted from them; && || and ! take conditions; `in` takes a list. Nothing is converted silently: \"5\" is a text and 5 is a number.";
    UnknownFunction "R304" Error "no such function":
        "The functions are size(x), has(fact), open(\"schedule\") and duration(text); the methods of a text are startsWith, endsWith, contains and matches. Whether a customer has a tag is asked with `\"tag\" in customer.tags`.";
    TooDeep "R305" Error "the condition is nested too deeply":
        "A condition may be nested 40 levels deep, far more than anybody can read. `a && b && c` counts as one level.";
    NotAChoice "R306" Error "the fact never has this value":
        "The fact has one of a few values, and the text it is compared with is none of them, so the comparison would always come out the same.";
    ForeignOperator "R307" Error "an operator of another language":
        "Conditions write && for and, || for or, ! for not, == for equal, != for not equal. The finding offers the replacement.";
    BadText "R308" Error "a text or a sign that cannot be read":
        "Texts in conditions stand in straight double or single quotes and end on the same line. Backslash sequences are \\\\ \\\" \\' \\n \\r \\t; after an r, as in r\"\\d+\", backslashes are nothing special. Numbers are written without units, such as 15 or 0.5, and durations as duration(\"15m\").";
    NotACondition "R309" Error "the expression is not a condition":
        "`when` must come out as true or false. A number or a text alone is not a condition: compare it with something.";
    DivisionByZero "R310" Error "division by zero":
        "The divisor is always zero. Where a divisor is only sometimes zero, such as a customer's number of orders, the division gives 0.";
    AlwaysThere "R311" Warning "the fact is always there":
        "`has(fact)` asks whether a fact is known at all. This one always is, so the answer is always yes. Facts that may be missing are customer.owner, customer.language, channel.site and those declared in `[facts]`.";
    BadPattern "R312" Error "a pattern that cannot be used":
        "`text.matches(pattern)` asks whether a regular expression matches somewhere in the text; ^ and $ tie it to the beginning and the end. The syntax is that of RE2: no back references and no look around, so that matching takes time linear in the text, whatever somebody writes. Patterns have at most 1000 bytes and a limited size when compiled, which large repetitions such as (a{100}){100} exceed.";

    EmptyGroup "R401" Warning "a group without managers":
        "Nobody can be picked from it, so steps that name it are skipped at once, as if all of its managers were absent.";
    ZeroCapacity "R402" Error "a capacity of zero":
        "Nobody would ever have room for a dialog. To keep Reparto from assigning, set `mode = \"off\"` in `[bot]`.";
    IdleManager "R403" Warning "a manager with a capacity of zero":
        "This manager is never given a dialog. That may be meant; presence and leave are the usual way.";
    TooHeavy "R404" Warning "a dialog that costs more than anybody's capacity":
        "No manager whose capacity comes from this file could ever take a dialog of this channel, not even when idle. Only a capacity set for a manager in the CRM could be larger.";
    DefaultNotAChoice "R405" Error "the default is not one of the values":
        "A fact of type `enum` has one of its `values`; the default, used when the fact was not sent, must be one of them too.";
    BadFactName "R406" Error "not a name for a fact":
        "Names of facts are words of letters, digits and underscores, joined by dots, such as `customer.segment`. They may not be names that the catalogue has already, nor words of the condition language.";
    NoValues "R407" Error "an enum without values":
        "A fact of type `enum` needs the list of its values, for example `values = [\"retail\", \"wholesale\", \"unknown\"]`. Use type `text` when the values are not known beforehand.";

    ExcludesNobody "R408" Error "an exclusion that excludes nobody":
        "`[[exclude]]` says which managers are never given the dialogs that it is about: `managers` lists them by id, `groups` takes whole groups. With neither, it would do nothing.";
    ExcludesAlways "R409" Warning "an exclusion from every dialog":
        "Without a condition, or with one that always holds, these managers are never given any dialog, whatever rule decides. If that is meant, a capacity of zero or removing them from their groups says it more plainly.";
    UnknownManager "R410" Warning "the account has no such manager":
        "Only checks against a running server find this (`reparto rules check --account`). Nobody is given a dialog under this id: it may be mistyped, or the manager was removed or is not yet known to the CRM.";
    UnknownCrmGroup "R411" Warning "no manager of the account is in this group":
        "Only checks against a running server find this (`reparto rules check --account`). The group is one of the CRM's, and at present nobody is in it: its name may be mistyped, or written in another way there.";
    UnknownChannel "R412" Warning "the account has no channel of this type":
        "Only checks against a running server find this (`reparto rules check --account`). What the file says about this type of channel has no effect until the account has one: the type may be mistyped.";

    GroupWithoutPlaces "R413" Warning "a group that may have no dialogs":
        "With `max_dialogs = 0` no step of the group ever gives anybody a dialog, as if it were always full; its people still get what other steps give them. That may be meant for a while, for example to pause a group; leave the key out to do without a limit.";

    WarnsTooEarly "R501" Error "a warning that would come before the silence begins":
        "`before` counts back from the closure, so it must be shorter than `after`: with `after = \"22h\"` and `before = \"2h\"` the customer is warned after 20 hours of silence.";
    NudgesTooLate "R502" Error "a reminder that would come after the move":
        "`nudge` and `after` count from the same message. A reminder at or after the time when the dialog moves to somebody else would never be sent.";
    UnknownText "R503" Error "no such text":
        "Messages to customers are named by key here and worded in `[texts]`, once for each language.";
    UnusedText "R504" Warning "a text that nothing uses":
        "No step, close rule or auto-reply sends it, so customers never see it. That is often the sign of a mistyped key where it was to be sent.";
    NoWording "R505" Error "a text without wording":
        "Each text needs at least one language with a wording that is not empty: `closed = { es = \"…\", en = \"…\" }`.";
    BadLanguage "R506" Error "not a language tag":
        "Languages are BCP 47 tags: two or three letters, then parts of letters and digits joined by hyphens, such as `es`, `pt-BR` or `zh-Hans`.";
    LanguageMissing "R507" Warning "a text lacks a language that another text has":
        "Customers of that language would get this text in another language, and the others in their own.";
    ShopNeverSilent "R508" Warning "the dialog closes before it is moved":
        "A customer's message would be given to somebody else for lack of a reply only after the dialog has closed already, because the close rule also closes dialogs whose customer waits for us.";
    NeverCloses "R509" Warning "some dialogs match no close rule":
        "There are close rules, but none without a condition, so the dialogs that match none of them never close by a rule of this file: they stay open, and cost capacity, until somebody closes them or the account's own setting does. End the list with a `[[close]]` without `when`.";

    UnknownInTest "R601" Error "a test expects what the file does not have":
        "The test expects a rule, a step, a priority class, a close rule, a text or a manager that is neither in the file nor in the test, so it could never pass. Steps are counted from one.";
    EventsOutOfOrder "R602" Error "the events of a test are out of order":
        "Events stand in order of time, each with the time since the beginning of the test, so that a test can be read from top to bottom. Several may have the same time: they happen one after another.";
    NoConversation "R603" Error "nothing of the kind has begun yet":
        "Conversations of a test are numbered. One begins when its customer writes, or when a manager who is named writes first; before that nobody can reply in it, close it, or expect anything of it.";
    TestsNothing "R604" Warning "a test that expects nothing":
        "A test without any expectation always passes. `expect` says who gets the dialog and why: `expect = { to = \"ana\", rule = \"standard\", step = 1 }`.";

    UnknownSchedule "R701" Error "no such schedule":
        "Opening hours are defined once, as `[schedules.office]`, and named by that name: `open(\"office\")` in conditions, `hold = \"until_open:office\"` in steps.";
    NeverOpen "R702" Error "the schedule never opens":
        "It has no hours on any day, or each of its days is closed. A dialog would be held for ever, and `open(…)` never be true. Name hours: `open = { mon-fri = [\"09:00-18:00\"] }`.";
    HoursOverlap "R703" Warning "hours that overlap":
        "Two stretches of the same day share some time, or a night shift goes on when the next day has begun. The schedule is open from the first beginning to the last end, so nothing is lost, but one of the times is often a slip. Hours that only touch are fine.";
    UnknownDay "R704" Error "not a day of the week":
        "Days are `mon`, `tue`, `wed`, `thu`, `fri`, `sat` and `sun`, or several in a row such as `mon-fri`, which may go over Sunday: `sat-mon`.";
    BadHours "R705" Error "not hours of a day":
        "Hours are a time from and a time to, on a clock of 24 hours: \"09:00-18:00\". A day may have several, so that a pause is what lies between them: `[\"09:00-13:00\", \"14:00-18:00\"]`. What ends before it begins ends on the next day, such as \"22:00-06:00\"; a whole day is \"00:00-24:00\".";
    BadDate "R706" Error "not a date":
        "Dates are \"2026-12-25\" for once and \"12-25\" for each year; several days in a row are written with two dots: \"2026-08-01..2026-08-15\" or \"12-24..01-06\".";
    NoSuchDate "R707" Error "a date that never comes":
        "The calendar has no such date, or a range ends before it begins, so nothing would ever happen on it. The 29th of February is a date of leap years.";
    ScheduleUnused "R708" Warning "a schedule that nothing uses":
        "No condition asks `open(…)` for it, and no step holds until it opens. That is often the sign of a rule that was forgotten.";
    ClocksChange "R709" Warning "hours that a change of the clocks loses or doubles":
        "When clocks go forward, some times of day do not exist: hours that lie wholly among them are lost on that day. When clocks go back, some times come twice: hours among them last from the first time they begin until the last time they end. Choose hours that begin or end outside of that night, or a zone without summer time.";
    NobodyOnDuty "R710" Warning "hours at which no rule matches":
        "Each rule asks for opening hours, and together these leave a part of the week out. Whoever writes then gets the default assignment. End the file with a rule without `when`, for example one that holds dialogs until opening.";
    BadHold "R711" Error "not a way to hold a dialog":
        "`hold` keeps a dialog waiting without offering it to anybody until hours begin: `hold = \"until_open:office\"`. Then the steps behind it apply; when it is the last step, the rules are asked anew.";
    HoursUnknown "R712" Warning "hours that were not imported yet":
        "A schedule with `from = \"crm\"` has the working hours, breaks and holidays of the CRM's settings. A server that is connected to the CRM imports them when it starts and every few minutes, and keeps what it imported last; until something was imported, and wherever there is no CRM to ask, the schedule counts as open at all times, so that customers are served. The tests of a file never see what a server imported: give them, and checks, hours to go by with an `[imported.crm]` in the file, which `reparto retailcrm hours --imported` prints; hours from the CRM go before it.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_order() {
        let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
    }

    #[test]
    fn each_code_is_explained_in_a_paragraph() {
        for code in Code::ALL {
            let text = explain_code(&code.as_str().to_lowercase()).unwrap();
            assert!(text.len() > 80 && text.ends_with('.'), "{code}: {text}");
            assert!(!code.title().ends_with('.'), "{code}");
        }
        assert_eq!(explain_code("R999"), None);
    }
}
