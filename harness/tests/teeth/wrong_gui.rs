//! A GUI that is right but for what a flaw does to its inputs, its effects or its store.

use std::collections::BTreeMap;
use std::sync::Arc;

use authloom_reference::clock::Timestamp;
use authloom_reference::gui::{self, Client, Effect, Exchange, ExchangeId, Gui, Input, Session};
use rand::CryptoRng;

use crate::wires::{Answer, Asked};

/// A GUI that does something wrong with what it is told, or with what it does.
struct Wrong<Memory> {
    gui: Gui,
    memory: Memory,
    sent: BTreeMap<ExchangeId, Exchange>,
    handle: fn(&mut Turn<'_, Memory>, Input) -> Vec<Effect>,
}

/// A wrong GUI while it handles an input.
pub(crate) struct Turn<'t, Memory> {
    pub(crate) gui: &'t mut Gui,
    pub(crate) memory: &'t mut Memory,
    sent: &'t mut BTreeMap<ExchangeId, Exchange>,
    now: Timestamp,
    chance: &'t mut dyn CryptoRng,
}

/// A GUI that handles its inputs by `handle`, which has a memory of its own.
pub(crate) fn wrong<Memory: Default + Send + 'static>(
    settings: Arc<gui::Settings>,
    handle: fn(&mut Turn<'_, Memory>, Input) -> Vec<Effect>,
) -> Box<dyn Client> {
    Box::new(Wrong { gui: Gui::new(settings), memory: Memory::default(), sent: BTreeMap::new(), handle })
}

impl<Memory: Send> Client for Wrong<Memory> {
    fn handle(&mut self, now: Timestamp, chance: &mut dyn CryptoRng, input: Input) -> Vec<Effect> {
        let Self { gui, memory, sent, handle } = self;
        handle(&mut Turn { gui, memory, sent, now, chance }, input)
    }

    fn session(&self) -> Option<&Session> {
        self.gui.session()
    }
}

impl<Memory> Turn<'_, Memory> {
    /// What the right GUI does.
    pub(crate) fn rightly(&mut self, input: Input) -> Vec<Effect> {
        let effects = self.gui.handle(self.now, self.chance, input);
        self.sent.extend(effects.iter().filter_map(sent));
        effects
    }

    /// Whether an input answers a refresh.
    pub(crate) fn answers_refresh(&self, input: &Input) -> bool {
        matches!(input, Input::Answered { exchange, .. } if self.is_refresh(*exchange))
    }

    pub(crate) fn is_refresh(&self, exchange: ExchangeId) -> bool {
        matches!(self.sent.get(&exchange), Some(Exchange::Refresh { .. }))
    }
}

/// The exchange that an effect sends, if it sends one.
pub(crate) fn sent(effect: &Effect) -> Option<(ExchangeId, Exchange)> {
    if let Effect::Send { exchange, kind, .. } = effect { Some((*exchange, *kind)) } else { None }
}

pub(crate) fn answer_of(input: &Input) -> Option<&Answer> {
    if let Input::Answered { response, .. } = input { Some(response) } else { None }
}

/// The effects but for some.
pub(crate) fn without(mut effects: Vec<Effect>, unwanted: impl Fn(&Effect) -> bool) -> Vec<Effect> {
    effects.retain(|effect| !unwanted(effect));
    effects
}

/// The effects with their requests changed.
pub(crate) fn requests(effects: Vec<Effect>, mut change: impl FnMut(Exchange, Asked) -> Asked) -> Vec<Effect> {
    let mut effects = effects;
    for effect in &mut effects {
        if let Effect::Send { kind, request, .. } = effect {
            *request = change(*kind, std::mem::take(request));
        }
    }
    effects
}

/// An input whose answer, if it is one to a refresh, is changed.
pub(crate) fn refresh_answer<M>(turn: &Turn<'_, M>, input: Input, change: impl FnOnce(Answer) -> Answer) -> Input {
    let (answers, mut input) = (turn.answers_refresh(&input), input);
    if let Input::Answered { response, .. } = &mut input
        && answers
    {
        *response = change(std::mem::take(response));
    }
    input
}
