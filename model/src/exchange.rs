//! An exchange: an HTTP request and its response, named by whoever sent the request.
//!
//! [`KINDS`] is the one table that describes exchanges: what each is called, who sends its request and who answers, what the messages are
//! on the wire, and in which phases of a call or of a tab's flow they are on their way. Words, pictures, readers of HTTP messages and the
//! rules of the network read it. What a role does with a message is behaviour and stays with the role.

use crate::action::{ALL_CALLS, CallId, TAB_COUNT, TabId};
use crate::world::{CallPhase, FlowPhase};

/// An HTTP request and its response, named by whoever sent the request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Exchange {
    /// A call to the backend's protected resource.
    Call(CallId),
    /// The backend's introspection (RFC 7662) of a call's token.
    Introspect(CallId),
    /// The refresh (RFC 6749 section 6) that a call leads.
    Refresh(CallId),
    /// The login form at the authorization endpoint, answered by a redirect with a code or by the form again.
    SignIn(TabId),
    /// The redemption of a tab's authorization code (RFC 6749 section 4.1.3).
    Redeem(TabId),
    /// The revocation (RFC 7009) at a tab's sign-out.
    Revoke(TabId),
    /// A thief's request with something stolen. Its answer reaches the thief at once: nobody else could tell the difference.
    Theft(Stolen),
}

/// What a thief presents at the token endpoint.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stolen {
    /// The authorization code that was copied, with a verifier that is made up. RFC 7636 section 1.
    Code,
    /// The refresh token that was copied.
    Copy,
    /// The refresh token that was issued for a stolen one.
    Loot,
}

/// All that distinguishes one kind of exchange from another.
#[derive(Debug)]
pub struct Kind {
    /// Its name: `refresh`. Unless it is the thief's, the call or tab that it belongs to follows: `refresh T1.2`.
    pub name: &'static str,
    /// Who sends the request.
    pub sender: Role,
    /// Who answers it.
    pub server: Role,
    /// What its messages are on the wire.
    pub message: Message,
    /// Whose it is, and when its messages are on their way.
    owned: Owned,
}

/// A party that sends or answers requests.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// The tab that the exchange belongs to.
    Tab,
    /// The backend.
    Backend,
    /// The AuthService.
    AuthService,
    /// The thief.
    Thief,
}

/// What a request and its response are on the wire, whoever sends the request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Message {
    /// A request for the protected resource. RFC 6750 section 2.
    Resource,
    /// An introspection. RFC 7662 section 2.
    Introspection,
    /// An authorization request and its login form, in a browser. RFC 6749 section 4.1.1.
    Authorization,
    /// An access token request with an authorization code. RFC 6749 section 4.1.3.
    Redemption,
    /// A refresh request. RFC 6749 section 6.
    Refresh,
    /// A revocation request. RFC 7009 section 2.
    Revocation,
}

impl Message {
    /// Whether the AuthService decides over the request by itself: it comes from a program, not from a browser at its login page.
    #[must_use]
    pub fn is_decided_by_the_auth_service(self) -> bool {
        match self {
            Self::Introspection | Self::Redemption | Self::Refresh | Self::Revocation => true,
            Self::Resource | Self::Authorization => false,
        }
    }
}

/// Whose exchange it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Owner {
    /// A call's.
    Call(CallId),
    /// A tab's, which signs in or out.
    Tab(TabId),
    /// The thief's.
    Thief,
}

/// Which of an exchange's two messages.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Leg {
    /// The first.
    Request,
    /// The second.
    Response,
}

/// Whose exchange it is, which exchange that makes, and the phases in which each message is on its way.
#[derive(Debug)]
enum Owned {
    Call {
        which: fn(CallId) -> Exchange,
        request: &'static [CallPhase],
        response: &'static [CallPhase],
    },
    Tab {
        which: fn(TabId) -> Exchange,
        request: &'static [FlowPhase],
        response: &'static [FlowPhase],
    },
    /// Never on its way: it arrives when the thief likes, and is answered at once.
    Thief(Exchange),
}

/// Every kind of exchange, in the order of [`Exchange`].
pub static KINDS: [Kind; 9] = [
    Kind {
        name: "call",
        sender: Role::Tab,
        server: Role::Backend,
        message: Message::Resource,
        owned: Owned::Call {
            which: Exchange::Call,
            request: &[CallPhase::Asking],
            response: &[CallPhase::Accepted, CallPhase::Unauthenticated, CallPhase::Refused, CallPhase::Unavailable],
        },
    },
    Kind {
        name: "introspect",
        sender: Role::Backend,
        server: Role::AuthService,
        message: Message::Introspection,
        owned: Owned::Call {
            which: Exchange::Introspect,
            request: &[CallPhase::Validating],
            response: &[CallPhase::FoundActive, CallPhase::FoundInactive],
        },
    },
    Kind {
        name: "refresh",
        sender: Role::Tab,
        server: Role::AuthService,
        message: Message::Refresh,
        owned: Owned::Call {
            which: Exchange::Refresh,
            request: &[CallPhase::Refreshing],
            response: &[CallPhase::Refreshed, CallPhase::RefreshRefused],
        },
    },
    Kind {
        name: "sign-in",
        sender: Role::Tab,
        server: Role::AuthService,
        message: Message::Authorization,
        owned: Owned::Tab {
            which: Exchange::SignIn,
            request: &[FlowPhase::SigningIn, FlowPhase::Mistyping],
            response: &[FlowPhase::Redirecting, FlowPhase::Rejected],
        },
    },
    Kind {
        name: "redeem",
        sender: Role::Tab,
        server: Role::AuthService,
        message: Message::Redemption,
        owned: Owned::Tab {
            which: Exchange::Redeem,
            request: &[FlowPhase::Redeeming],
            response: &[FlowPhase::Redeemed, FlowPhase::RedeemRefused],
        },
    },
    Kind {
        name: "revoke",
        sender: Role::Tab,
        server: Role::AuthService,
        message: Message::Revocation,
        owned: Owned::Tab { which: Exchange::Revoke, request: &[FlowPhase::Revoking], response: &[FlowPhase::Revoked] },
    },
    Kind {
        name: "stolen code",
        sender: Role::Thief,
        server: Role::AuthService,
        message: Message::Redemption,
        owned: Owned::Thief(Exchange::Theft(Stolen::Code)),
    },
    Kind {
        name: "stolen token",
        sender: Role::Thief,
        server: Role::AuthService,
        message: Message::Refresh,
        owned: Owned::Thief(Exchange::Theft(Stolen::Copy)),
    },
    Kind {
        name: "loot",
        sender: Role::Thief,
        server: Role::AuthService,
        message: Message::Refresh,
        owned: Owned::Thief(Exchange::Theft(Stolen::Loot)),
    },
];

impl Exchange {
    /// How many codes there are.
    pub(crate) const CODES: u8 = first_code(KINDS.len());

    /// Its row in [`KINDS`].
    const fn row(self) -> usize {
        match self {
            Self::Call(_) => 0,
            Self::Introspect(_) => 1,
            Self::Refresh(_) => 2,
            Self::SignIn(_) => 3,
            Self::Redeem(_) => 4,
            Self::Revoke(_) => 5,
            Self::Theft(Stolen::Code) => 6,
            Self::Theft(Stolen::Copy) => 7,
            Self::Theft(Stolen::Loot) => 8,
        }
    }

    /// What there is to know of its kind.
    #[must_use]
    pub fn kind(self) -> &'static Kind {
        &KINDS[self.row()]
    }

    /// What its messages are on the wire.
    #[must_use]
    pub fn message(self) -> Message {
        self.kind().message
    }

    /// Whose it is.
    #[must_use]
    pub fn owner(self) -> Owner {
        match self {
            Self::Call(call) | Self::Introspect(call) | Self::Refresh(call) => Owner::Call(call),
            Self::SignIn(tab) | Self::Redeem(tab) | Self::Revoke(tab) => Owner::Tab(tab),
            Self::Theft(_) => Owner::Thief,
        }
    }

    /// The tab it belongs to, if it is not the thief's.
    #[must_use]
    pub fn tab(self) -> Option<TabId> {
        match self.owner() {
            Owner::Call(call) => Some(call.tab),
            Owner::Tab(tab) => Some(tab),
            Owner::Thief => None,
        }
    }

    /// The exchange of the same kind that belongs to somebody else.
    ///
    /// # Panics
    /// When a call's exchange is to belong to a tab, or the like.
    #[must_use]
    pub fn owned_by(self, owner: Owner) -> Self {
        match (&self.kind().owned, owner) {
            (Owned::Call { which, .. }, Owner::Call(call)) => which(call),
            (Owned::Tab { which, .. }, Owner::Tab(tab)) => which(tab),
            (Owned::Thief(exchange), Owner::Thief) => *exchange,
            (Owned::Call { .. } | Owned::Tab { .. } | Owned::Thief(_), _) => {
                unreachable!("{self:?} cannot belong to {owner:?}")
            }
        }
    }

    /// Whether its answer is known as it is given, so that it neither returns nor is lost.
    #[must_use]
    pub fn is_answered_at_once(self) -> bool {
        self.owner() == Owner::Thief
    }

    /// The exchange as one byte, below [`Self::CODES`].
    pub(crate) fn code(self) -> u8 {
        FIRST_CODES[self.row()]
            + match self.owner() {
                Owner::Call(call) => call.code(),
                Owner::Tab(tab) => tab.0,
                Owner::Thief => 0,
            }
    }

    /// The exchange of a code below [`Self::CODES`].
    pub(crate) fn of_code(code: u8) -> Self {
        let row = FIRST_CODES.iter().rposition(|first| *first <= code).expect("the first code is 0");
        let at = code - FIRST_CODES[row];
        match &KINDS[row].owned {
            Owned::Call { which, .. } => which(CallId::of_code(at)),
            Owned::Tab { which, .. } => which(TabId(at)),
            Owned::Thief(exchange) => *exchange,
        }
    }

    /// What of a call is on its way.
    #[inline]
    pub(crate) fn of_call(id: CallId, phase: CallPhase) -> Option<(Leg, Self)> {
        let (leg, row) = ON_ITS_WAY.of_call[phase as usize]?;
        match &KINDS[row].owned {
            Owned::Call { which, .. } => Some((leg, which(id))),
            Owned::Tab { .. } | Owned::Thief(_) => unreachable!("only a call has phases of a call"),
        }
    }

    /// What of a tab's sign-in or sign-out is on its way.
    #[inline]
    pub(crate) fn of_flow(tab: TabId, phase: FlowPhase) -> Option<(Leg, Self)> {
        let (leg, row) = ON_ITS_WAY.of_flow[phase as usize]?;
        match &KINDS[row].owned {
            Owned::Tab { which, .. } => Some((leg, which(tab))),
            Owned::Call { .. } | Owned::Thief(_) => unreachable!("only a flow has phases of a flow"),
        }
    }
}

/// The first code of each kind.
static FIRST_CODES: [u8; KINDS.len()] = {
    let mut codes = [0; KINDS.len()];
    let mut row = 0;
    while row < codes.len() {
        codes[row] = first_code(row);
        row += 1;
    }
    codes
};

/// The code that follows those of the kinds before a row.
const fn first_code(row: usize) -> u8 {
    let mut code = 0;
    let mut before = 0;
    while before < row {
        code += match KINDS[before].owned {
            Owned::Call { .. } => ALL_CALLS,
            Owned::Tab { .. } => TAB_COUNT,
            Owned::Thief(_) => 1,
        };
        before += 1;
    }
    code
}

/// For each phase, the message that is on its way, and the row of its exchange.
struct OnItsWay {
    of_call: [Option<(Leg, usize)>; CallPhase::COUNT],
    of_flow: [Option<(Leg, usize)>; FlowPhase::COUNT],
}

/// Enters a message for each of the phases in which it is on its way. A macro, since phases of two kinds cannot yet be one parameter of a
/// function that runs while authloom is compiled.
macro_rules! enter {
    ($table:expr, $phases:expr, $message:expr) => {{
        let mut at = 0;
        while at < $phases.len() {
            let phase = $phases[at] as usize;
            assert!($table[phase].is_none(), "one message is on its way in a phase");
            $table[phase] = Some($message);
            at += 1;
        }
    }};
}

static ON_ITS_WAY: OnItsWay = {
    let mut table = OnItsWay { of_call: [None; CallPhase::COUNT], of_flow: [None; FlowPhase::COUNT] };
    let mut row = 0;
    while row < KINDS.len() {
        match KINDS[row].owned {
            Owned::Call { request, response, .. } => {
                enter!(table.of_call, request, (Leg::Request, row));
                enter!(table.of_call, response, (Leg::Response, row));
            }
            Owned::Tab { request, response, .. } => {
                enter!(table.of_flow, request, (Leg::Request, row));
                enter!(table.of_flow, response, (Leg::Response, row));
            }
            Owned::Thief(_) => {}
        }
        row += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exchange_is_in_the_row_that_makes_it() {
        for code in 0..Exchange::CODES {
            let exchange = Exchange::of_code(code);
            assert_eq!(exchange.code(), code, "{exchange:?}");
            assert_eq!(exchange.owned_by(exchange.owner()), exchange);
        }
    }

    #[test]
    fn no_two_kinds_have_one_name() {
        let names: std::collections::BTreeSet<_> = KINDS.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), KINDS.len());
    }

    #[test]
    fn nothing_is_on_its_way_only_while_a_call_or_a_flow_rests() {
        let at_rest = |table: &[Option<(Leg, usize)>]| -> Vec<usize> {
            table.iter().enumerate().filter(|(_, message)| message.is_none()).map(|(phase, _)| phase).collect()
        };
        let calls = [CallPhase::Idle, CallPhase::Waiting, CallPhase::Queued];
        assert_eq!(at_rest(&ON_ITS_WAY.of_call), calls.map(|phase| phase as usize));
        assert_eq!(at_rest(&ON_ITS_WAY.of_flow), [FlowPhase::Idle as usize]);
    }
}
