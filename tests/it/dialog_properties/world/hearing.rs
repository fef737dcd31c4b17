//! What subscribers, store and desk make of a transition's effects.

use reparto::domain::announcement::Body;
use reparto::domain::dialog::{DialogState, Effect, Transition};
use reparto::domain::figures::ServiceFigure;
use reparto::domain::routing::Responsible;

use super::{Told, World};

impl World {
    /// Folds the announcements and other effects as subscribers, store and desk do.
    pub(super) fn hear(&mut self, transition: &Transition) {
        if transition.refusal.is_some() {
            self.reached.insert("refused with a trace");
        }
        for effect in &transition.effects {
            match effect {
                Effect::Announce { body, .. } => self.hear_of(body),
                Effect::RecordMessage(message) => {
                    let before = self.messages.insert(message.id.clone(), message.clone());
                    assert_eq!(before, None, "two messages of one id");
                }
                Effect::RecordStatus { message, status } => {
                    let message = self.messages.get_mut(message).expect("a stored message");
                    assert_ne!(message.status, *status);
                    message.status = status.clone();
                }
                Effect::RequestAssignment(request) => {
                    self.asked_before = self.asked.replace(request.clone());
                    assert_eq!(request.ticket, transition.next.version);
                }
                Effect::WithdrawRequest => {
                    self.asked_before = self.asked.take();
                    assert!(self.asked_before.is_some(), "there was nothing to take back");
                }
                Effect::FinishDialog(manager) => {
                    let DialogState::Closed { last, .. } = &transition.next.state else {
                        panic!("it is open")
                    };
                    assert_eq!(last.as_ref().and_then(Responsible::manager), Some(manager));
                }
                Effect::Measure(ServiceFigure::TimeToAssign { .. }) => {
                    assert!(self.once.insert("time to assign"), "two first assignments");
                }
                Effect::Measure(_) | Effect::RememberServing(_) => {}
            }
        }
    }

    fn hear_of(&mut self, body: &Body) {
        self.reached.insert(body.name());
        // Whoever was asked has it: the offer told why.
        let mut is_accepted = false;
        if let Body::DialogOffered { to, .. } = body {
            assert_eq!(self.offered.replace(to.clone()), None, "two offers");
        }
        if let Body::DialogOfferEnded { to, .. } = body {
            assert_eq!(self.offered.take().as_ref(), Some(to));
        }
        if let Body::DialogAssigned { to, .. } | Body::DialogReassigned { to, .. } = body
            && let Some(asked) = self.offered.take()
        {
            assert_eq!(to.manager(), Some(&asked), "the offer must end first");
            is_accepted = true;
            self.reached.insert("accepted");
        }
        if matches!(body, Body::DialogClosed { .. } | Body::DialogReturned { .. }) {
            assert_eq!(self.offered, None);
        }
        self.told = match (body, self.told.clone()) {
            (Body::DialogAssigned { to, decision, .. }, Told::Waiting) => {
                // By whom the request was answered, if not by hand: then it stands no more.
                if decision.is_some() || is_accepted {
                    self.asked_before = self.asked.take();
                }
                Told::Held(to.clone())
            }
            (Body::DialogReassigned { from, to, decision, .. }, Told::Held(holder)) => {
                assert_eq!(*from, holder);
                assert_ne!(from, to);
                if decision.is_some() || is_accepted {
                    self.asked_before = self.asked.take();
                }
                Told::Held(to.clone())
            }
            (Body::DialogKept(decision), Told::Held(holder)) => {
                if decision.choice.as_ref() == Some(&holder) {
                    self.asked_before = self.asked.take();
                }
                Told::Held(holder)
            }
            (Body::DialogReturned { from, .. }, Told::Held(holder)) => {
                assert_eq!(*from, holder);
                Told::Waiting
            }
            (Body::DialogClosed { last, .. }, told) => {
                assert_ne!(told, Told::Closed);
                let holder = match told {
                    Told::Held(holder) => Some(holder),
                    Told::Waiting | Told::Internal | Told::Closed => None,
                };
                assert_eq!(*last, holder);
                Told::Closed
            }
            (Body::DialogCloseWarned { closes_at, .. }, told) => {
                assert!(self.promised.is_none_or(|promised| promised <= *closes_at));
                let close = self.policy.close.as_ref().expect("no rule closes it");
                let shortest = close.warnings.last().map(|(before, _)| *before).unwrap_or_default();
                assert!(self.now + shortest <= *closes_at, "a warning too late");
                self.promised = Some(*closes_at);
                self.warnings += 1;
                told
            }
            (Body::DialogClosePostponed, told) => {
                self.promised = None;
                self.warnings = 0;
                told
            }
            (
                Body::DialogAssigned { .. }
                | Body::DialogReassigned { .. }
                | Body::DialogKept(_)
                | Body::DialogReturned { .. },
                told,
            ) => panic!("{body:?} cannot happen when subscribers believe {told:?}"),
            (_, told) => told,
        };
    }
}
