//! Calls of the CRM find their account: by the client id that it was given when we registered.

use std::sync::{Arc, PoisonError, RwLock};

use super::registration::{OBEYED, Standing, UNKNOWN_CLIENT, read_call};

type Obey = Arc<dyn Fn(Standing) + Send + Sync>;

/// Who is meant by which client id.
#[derive(Default)]
pub struct Callbacks {
    known: RwLock<Vec<(String, Obey)>>,
}

impl Callbacks {
    /// An account whose calls are obeyed from now on.
    pub fn add(&self, client_id: String, obey: impl Fn(Standing) + Send + Sync + 'static) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.push((client_id, Arc::new(obey)));
    }

    /// Obeys a call: a status and a JSON text.
    pub fn answer(&self, form: &[u8]) -> (u16, &'static str) {
        let Ok(call) = read_call(form) else {
            return (400, UNKNOWN_CLIENT);
        };
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let meant = known.iter().filter(|(client_id, _)| call.is_for(client_id));
        let obeyed = meant.map(|(_, obey)| obey(call.standing)).count();
        if obeyed > 0 { (200, OBEYED) } else { (400, UNKNOWN_CLIENT) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn only_who_is_meant_obeys() {
        let callbacks = Callbacks::default();
        let heard: Arc<Mutex<Vec<Standing>>> = Arc::default();
        let ears = Arc::clone(&heard);
        callbacks.add("c-1".into(), move |standing| ears.lock().expect("one thread").push(standing));
        let call = |form: &str| callbacks.answer(form.as_bytes());
        assert_eq!(call(r#"clientId=c-1&activity={"active":false}"#), (200, OBEYED));
        assert_eq!(call(r#"clientId=c-2&activity={"active":true}"#), (400, UNKNOWN_CLIENT));
        assert_eq!(call("nonsense"), (400, UNKNOWN_CLIENT));
        assert_eq!(*heard.lock().expect("one thread"), [Standing::SwitchedOff]);
    }
}
