//! The invariants of the product, each a function that says what offends it, if anything.
//!
//! They look at plain data (announcements, stored states, decision records, the desk's view), so that a test can
//! hand them bad data and see them object. `watch` says when each of them is asked.
//!
//! | invariant | functions |
//! |---|---|
//! | 1 one responsible, closed is closed | `one_responsible`, `closed_stays_closed` |
//! | 2 books balance, capacity is kept | `books_balance`, `capacity_is_kept` |
//! | 3 work-conserving | `nobody_waits_in_vain` |
//! | 3 what is held | `nobody_has_a_held_one`, `held_go_on_slowly`, `held_go_on_in_order`, `held_are_let_go` |
//! | 4 fair choice | `choice_is_fair`, `turns_are_kept` |
//! | 5 bounded overtaking | `nobody_is_overtaken` |
//! | 6 closing | `closes_when_due`, `says_farewell`, `warns_in_time`, `none_open_past_deadline`, `deadline_is_set` |
//! | 7 moves | `moves_are_few`, `never_straight_back` |
//! | 7 offers | `one_offer_at_a_time`, `nobody_is_asked_twice`, `offers_end_in_time` |
//! | 8 blips | `blips_move_nothing` |
//! | 9 announcements | `numbered_without_gaps`, `announced_once` |
//! | 9 texts of our own | `what_is_told_is_asked_for`, `no_text_is_asked_for_twice`, `told_texts_are_known` |
//! | 10 crash | `acknowledged_is_durable`, `memory_is_what_is_stored` |
//! | 11 decisions explain themselves | `decision_is_complete`, `explains_everybody` |
//! | 11 who waits keeps the rules they entered with | `version_is_kept` |
//! | 12 the journal tells the state | `journal_tells_state`, `tallies_tell_the_journal` |
//! | a dialog knows whether its chat had one before | `returning_is_true` |

pub mod books;
pub mod choice;
pub mod closings;
pub mod crash;
mod eligible;
pub mod explained;
pub mod holding;
pub mod journal;
pub mod moves;
pub mod offers;
mod sight;
pub mod texts;
mod versions;
pub mod watch;
