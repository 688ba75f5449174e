//! Commands that change tables, as event triggers see them: what PostgreSQL parsed, in safe words.

use super::list::cells;
use pgrx::pg_sys::{self, Oid};
use std::ffi::{CStr, c_char};

/// A command that may change the names or the rows that a binding has.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// A table gets another name.
    Table(Oid),
    /// A table gets another schema.
    TableMoves(Oid),
    /// A column of a table gets another name.
    Column { table: Oid, old: String },
    /// A schema of this name gets another.
    Schema(String),
    /// A function gets another name or schema.
    Function,
    /// A value of this enum gets another name.
    Label { kind: Oid, new: String },
    /// This enum gets a value of this name, if it has none.
    NewLabel { kind: Oid, new: String },
    /// A table gets a partition, and its rows with it.
    Attach { parent: Oid, partition: Oid },
    /// A table loses a partition, and its rows with it.
    Detach { parent: Oid, partition: Oid },
    /// The same by two transactions.
    DetachConcurrently(Oid),
    /// A table changes in one or several of these ways at once.
    Alter(Alteration),
    /// Tables come, of which some may be partitions or inherit: of these.
    New(Vec<Oid>),
    /// These tables are dropped; perhaps with all that depends on them.
    Drop(Vec<Oid>),
    /// Something is dropped with all that belongs to it; only PostgreSQL knows what that is.
    DropWithAll,
}

/// The parts of an ALTER TABLE that concern what a binding has.
#[derive(Debug, PartialEq, Eq)]
pub struct Alteration {
    pub table: Oid,
    /// Columns that get values of another type, or of another expression.
    pub retyped: Vec<String>,
    /// Columns that go, perhaps with all that depends on them.
    pub dropped: Vec<String>,
    /// It inherits from another table now, by no partition.
    pub inherits: bool,
    /// It gets its columns from a type now.
    pub is_typed: bool,
    /// It gets another owner.
    pub is_given: bool,
    /// Triggers of it, and of its partitions if it has some, fire otherwise than before.
    pub fires_otherwise: bool,
    /// Its rows may be written anew, and meanwhile expressions and CHECKs, which may be code, read.
    pub writes_anew: bool,
    /// Something goes with all that depends on it.
    pub with_all: bool,
}

impl Command {
    /// Tables come that are partitions of these, or inherit from them; `None`: no such.
    fn new(parents: Vec<Oid>) -> Option<Self> {
        Some(parents).filter(|parents| !parents.is_empty()).map(Self::New)
    }
}

/// One call of an event trigger.
pub struct CommandCall<'a>(pub(super) &'a pg_sys::EventTriggerData);

impl CommandCall<'_> {
    /// Whether the command is still to run; else it has run.
    pub fn is_before(&self) -> bool {
        // SAFETY: a constant C string of PostgreSQL's.
        let event = unsafe { CStr::from_ptr(self.0.event) };
        event == c"ddl_command_start"
    }

    /// The command, if it is one of those: what its names mean now. Before it runs, others may give them to other tables; while it runs,
    /// code of its own may change where names are looked up. So it is asked for before, and what was done is looked at afterwards.
    pub fn command(&self) -> Option<Command> {
        // SAFETY: PostgreSQL keeps the parsed command for the length of the call; each node is read as what its tag says.
        unsafe {
            let node = self.0.parsetree;
            match (*node).type_ {
                pg_sys::NodeTag::T_RenameStmt => rename(&*node.cast()),
                pg_sys::NodeTag::T_AlterObjectSchemaStmt => {
                    let statement: &pg_sys::AlterObjectSchemaStmt = &*node.cast();
                    use pg_sys::ObjectType::{OBJECT_FUNCTION, OBJECT_ROUTINE, OBJECT_TABLE};
                    match statement.objectType {
                        OBJECT_TABLE => Some(Command::TableMoves(find(statement.relation))),
                        OBJECT_FUNCTION | OBJECT_ROUTINE => Some(Command::Function),
                        _ => None,
                    }
                }
                pg_sys::NodeTag::T_AlterEnumStmt => {
                    let statement: &pg_sys::AlterEnumStmt = &*node.cast();
                    let (kind, new) = (type_of(statement.typeName), text(statement.newVal));
                    Some(if statement.oldVal.is_null() {
                        Command::NewLabel { kind, new }
                    } else {
                        Command::Label { kind, new }
                    })
                }
                pg_sys::NodeTag::T_AlterTableStmt => alter(&*node.cast()),
                pg_sys::NodeTag::T_CreateStmt | pg_sys::NodeTag::T_CreateForeignTableStmt => {
                    Command::new(parents_of(node))
                }
                pg_sys::NodeTag::T_CreateSchemaStmt => {
                    let statement: &pg_sys::CreateSchemaStmt = &*node.cast();
                    Command::new(nodes(statement.schemaElts).flat_map(|node| parents_of(node)).collect())
                }
                pg_sys::NodeTag::T_DropStmt => drop_of(&*node.cast()),
                pg_sys::NodeTag::T_DropOwnedStmt => Some(Command::DropWithAll),
                _ => None,
            }
        }
    }
}

/// The tables that one which is made is to be a partition of, or inherit from.
///
/// # Safety
/// The node must be whole, as the parser made it.
unsafe fn parents_of(node: *mut pg_sys::Node) -> Vec<Oid> {
    // SAFETY: as above; a foreign table's begins with the same.
    unsafe {
        if !matches!(
            (*node).type_,
            pg_sys::NodeTag::T_CreateStmt | pg_sys::NodeTag::T_CreateForeignTableStmt
        ) {
            return Vec::new();
        }
        let statement: &pg_sys::CreateStmt = &*node.cast();
        nodes(statement.inhRelations).map(|name| find(name)).collect()
    }
}

/// # Safety
/// The node must be whole, as the parser made it.
unsafe fn rename(statement: &pg_sys::RenameStmt) -> Option<Command> {
    use pg_sys::ObjectType::{OBJECT_ATTRIBUTE, OBJECT_COLUMN, OBJECT_INDEX, OBJECT_SCHEMA, OBJECT_TABLE};
    use pg_sys::ObjectType::{OBJECT_FUNCTION, OBJECT_ROUTINE};
    // SAFETY: as above.
    unsafe {
        match statement.renameType {
            // ALTER INDEX renames tables as well.
            OBJECT_TABLE | OBJECT_INDEX => Some(Command::Table(find(statement.relation))),
            // ALTER TYPE renames columns of tables as well.
            OBJECT_COLUMN | OBJECT_ATTRIBUTE if !statement.relation.is_null() => Some(Command::Column {
                table: find(statement.relation),
                old: text(statement.subname),
            }),
            OBJECT_SCHEMA => Some(Command::Schema(text(statement.subname))),
            OBJECT_FUNCTION | OBJECT_ROUTINE => Some(Command::Function),
            _ => None,
        }
    }
}

/// # Safety
/// The node must be whole, as the parser made it.
unsafe fn alter(statement: &pg_sys::AlterTableStmt) -> Option<Command> {
    use pg_sys::AlterTableType as Part;
    // SAFETY: as above; the list is of AlterTableCmd, whose definition is of the kind that its subtype says.
    unsafe {
        let table = find(statement.relation);
        let (mut retyped, mut dropped) = (Vec::new(), Vec::new());
        let (mut inherits, mut is_given, mut fires_otherwise, mut with_all) = (false, false, false, false);
        let (mut writes_anew, mut is_typed) = (false, false);
        for part in nodes::<pg_sys::AlterTableCmd>(statement.cmds) {
            let part = &*part;
            writes_anew |= matches!(
                part.subtype,
                Part::AT_AddColumn | Part::AT_AlterColumnType | Part::AT_SetLogged | Part::AT_SetUnLogged
            );
            #[cfg(not(feature = "pg14"))]
            {
                writes_anew |= part.subtype == Part::AT_SetAccessMethod;
            }
            with_all |= part.behavior == pg_sys::DropBehavior::DROP_CASCADE;
            match part.subtype {
                Part::AT_AttachPartition => {
                    let (parent, partition) = (table, find((*part.def.cast::<pg_sys::PartitionCmd>()).name));
                    return Some(Command::Attach { parent, partition });
                }
                Part::AT_DetachPartition | Part::AT_DetachPartitionFinalize => {
                    let definition = &*part.def.cast::<pg_sys::PartitionCmd>();
                    let (parent, partition) = (table, find(definition.name));
                    return Some(match definition.concurrent {
                        true => Command::DetachConcurrently(parent),
                        false => Command::Detach { parent, partition },
                    });
                }
                Part::AT_AddInherit => inherits = true,
                Part::AT_AddOf => is_typed = true,
                Part::AT_ChangeOwner => is_given = true,
                Part::AT_EnableTrig
                | Part::AT_EnableAlwaysTrig
                | Part::AT_EnableReplicaTrig
                | Part::AT_DisableTrig
                | Part::AT_EnableTrigAll
                | Part::AT_DisableTrigAll
                | Part::AT_EnableTrigUser
                | Part::AT_DisableTrigUser => fires_otherwise = (*statement.relation).inh,
                Part::AT_AlterColumnType => retyped.push(text(part.name)),
                // A generated column's values are computed anew; a type would be refused where a trigger's WHEN names the column.
                #[cfg(any(feature = "pg17", feature = "pg18"))]
                Part::AT_SetExpression => {
                    retyped.push(text(part.name));
                    writes_anew = true;
                }
                Part::AT_DropColumn => dropped.push(text(part.name)),
                _ => {}
            }
        }
        let concerns_us = with_all
            || inherits
            || is_typed
            || is_given
            || fires_otherwise
            || writes_anew
            || !(retyped.is_empty() && dropped.is_empty());
        concerns_us.then_some(Command::Alter(Alteration {
            table,
            retyped,
            dropped,
            inherits,
            is_typed,
            is_given,
            fires_otherwise,
            writes_anew,
            with_all,
        }))
    }
}

/// # Safety
/// The node must be whole, as the parser made it.
unsafe fn drop_of(statement: &pg_sys::DropStmt) -> Option<Command> {
    let with_all = statement.behavior == pg_sys::DropBehavior::DROP_CASCADE;
    match statement.removeType {
        pg_sys::ObjectType::OBJECT_SCHEMA => Some(Command::DropWithAll),
        pg_sys::ObjectType::OBJECT_TABLE => {
            // SAFETY: as above; a list of names, each a list of strings.
            let tables = unsafe {
                nodes(statement.objects)
                    .map(|name| find(pg_sys::makeRangeVarFromNameList(name)))
                    .collect()
            };
            Some(Command::Drop(tables))
        }
        // A partition goes with what its own partition key names.
        _ if with_all => Some(Command::DropWithAll),
        // One may have become a member of an extension.
        pg_sys::ObjectType::OBJECT_EXTENSION => Some(Command::DropWithAll),
        _ => None,
    }
}

/// The table that the command means, by the search path; an invalid OID if there is none.
///
/// # Safety
/// The name must be whole, as the parser made it.
unsafe fn find(name: *mut pg_sys::RangeVar) -> Oid {
    let missing_ok = pg_sys::RVROption::RVR_MISSING_OK;
    // SAFETY: as above; without a lock nothing is called back.
    unsafe {
        pg_sys::RangeVarGetRelidExtended(
            name,
            pg_sys::NoLock.cast_signed(),
            missing_ok,
            None,
            std::ptr::null_mut(),
        )
    }
}

/// The type that the command means, by the search path; an invalid OID if there is none.
///
/// # Safety
/// The name must be whole, as the parser made it.
unsafe fn type_of(name: *mut pg_sys::List) -> Oid {
    // SAFETY: as above; looks it up without a lock.
    unsafe {
        let name = pg_sys::makeTypeNameFromNameList(name);
        pg_sys::LookupTypeNameOid(std::ptr::null_mut(), name, true)
    }
}

/// The nodes of a list.
///
/// # Safety
/// A list of nodes of this kind, or none, that lives as long as they are looked at.
unsafe fn nodes<'a, T>(list: *const pg_sys::List) -> impl Iterator<Item = *mut T> + 'a
where
    T: 'a,
{
    // SAFETY: as above.
    unsafe { cells(list) }
        .iter()
        .map(|cell| unsafe { cell.ptr_value }.cast())
}

/// # Safety
/// A C string.
unsafe fn text(string: *const c_char) -> String {
    // SAFETY: as above.
    unsafe { CStr::from_ptr(string) }.to_string_lossy().into_owned()
}
