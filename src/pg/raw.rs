//! The same functions as in `pg_sys`, without pgrx's guard: their errors jump to the nearest [`super::error::caught`], or out
//! of the backend's function altogether.

use pgrx::pg_sys::{self, Datum};
use std::ffi::{c_char, c_int, c_long, c_uint, c_void};

/// Which indexes need an entry for a new version of a row: none, all, or those that sum ranges up.
#[cfg(any(feature = "pg14", feature = "pg15"))]
pub type Indexes = bool;
#[cfg(not(any(feature = "pg14", feature = "pg15")))]
pub type Indexes = pg_sys::TU_UpdateIndexes::Type;

unsafe extern "C-unwind" {
    pub fn ReThrowError(error: *mut pg_sys::ErrorData) -> !;
    pub fn errstart(level: c_int, domain: *const c_char) -> bool;
    pub fn errcode(code: c_int) -> c_int;
    pub fn errmsg(format: *const c_char, ...) -> c_int;
    pub fn errdetail(format: *const c_char, ...) -> c_int;
    pub fn errdetail_log(format: *const c_char, ...) -> c_int;
    pub fn errhint(format: *const c_char, ...) -> c_int;
    pub fn errfinish(file: *const c_char, line: c_int, function: *const c_char);
    pub fn set_errcontext_domain(domain: *const c_char) -> c_int;
    pub fn errcontext_msg(format: *const c_char, ...) -> c_int;
    pub fn palloc0(size: usize) -> *mut c_void;
    pub fn datumIsEqual(one: Datum, other: Datum, by_value: bool, length: c_int) -> bool;
    pub fn datumCopy(value: Datum, by_value: bool, length: c_int) -> Datum;
    pub fn index_open(index: pg_sys::Oid, mode: c_int) -> pg_sys::Relation;
    pub fn index_close(index: pg_sys::Relation, mode: c_int);
    pub fn index_beginscan(
        table: pg_sys::Relation,
        index: pg_sys::Relation,
        snapshot: pg_sys::Snapshot,
        #[cfg(feature = "pg18")] instrument: *mut pg_sys::IndexScanInstrumentation,
        keys: c_int,
        orders: c_int,
    ) -> pg_sys::IndexScanDesc;
    pub fn index_rescan(
        scan: pg_sys::IndexScanDesc,
        keys: pg_sys::ScanKey,
        key_count: c_int,
        orders: pg_sys::ScanKey,
        order_count: c_int,
    );
    pub fn index_getnext_slot(
        scan: pg_sys::IndexScanDesc,
        direction: pg_sys::ScanDirection::Type,
        slot: *mut pg_sys::TupleTableSlot,
    ) -> bool;
    pub fn index_endscan(scan: pg_sys::IndexScanDesc);
    pub fn ScanKeyEntryInitialize(
        entry: pg_sys::ScanKey,
        flags: c_int,
        column: i16,
        strategy: u16,
        argument_type: pg_sys::Oid,
        collation: pg_sys::Oid,
        procedure: pg_sys::Oid,
        argument: Datum,
    );
    pub fn slot_getsomeattrs_int(slot: *mut pg_sys::TupleTableSlot, count: c_int);
    pub fn MakeSingleTupleTableSlot(
        columns: pg_sys::TupleDesc,
        kind: *const pg_sys::TupleTableSlotOps,
    ) -> *mut pg_sys::TupleTableSlot;
    pub fn ExecStoreVirtualTuple(slot: *mut pg_sys::TupleTableSlot) -> *mut pg_sys::TupleTableSlot;
    pub fn CreateExecutorState() -> *mut pg_sys::EState;
    pub fn FreeExecutorState(state: *mut pg_sys::EState);
    pub fn ExecOpenIndices(target: *mut pg_sys::ResultRelInfo, speculative: bool);
    pub fn ExecCloseIndices(target: *mut pg_sys::ResultRelInfo);
    pub fn ExecConstraints(
        target: *mut pg_sys::ResultRelInfo,
        row: *mut pg_sys::TupleTableSlot,
        state: *mut pg_sys::EState,
    );
    pub fn CheckCmdReplicaIdentity(table: pg_sys::Relation, command: pg_sys::CmdType::Type);
    pub fn simple_table_tuple_update(
        table: pg_sys::Relation,
        place: pg_sys::ItemPointer,
        row: *mut pg_sys::TupleTableSlot,
        snapshot: pg_sys::Snapshot,
        indexes: *mut Indexes,
    );
    pub fn ExecInsertIndexTuples(
        target: *mut pg_sys::ResultRelInfo,
        row: *mut pg_sys::TupleTableSlot,
        state: *mut pg_sys::EState,
        is_update: bool,
        may_repeat: bool,
        conflict: *mut bool,
        arbiters: *mut pg_sys::List,
        #[cfg(not(any(feature = "pg14", feature = "pg15")))] only_summarizing: bool,
    ) -> *mut pg_sys::List;
    pub fn GetCurrentTransactionNestLevel() -> c_int;
    pub fn ActiveSnapshotSet() -> bool;
    pub fn GetActiveSnapshot() -> pg_sys::Snapshot;
    pub fn pg_trigger_depth(call: pg_sys::FunctionCallInfo) -> Datum;
    pub fn GetCurrentCommandId(used: bool) -> u32;
    pub fn SPI_prepare_cursor(
        sql: *const c_char,
        count: c_int,
        types: *mut pg_sys::Oid,
        options: c_int,
    ) -> pg_sys::SPIPlanPtr;
    pub fn SPI_plan_get_cached_plan(plan: pg_sys::SPIPlanPtr) -> *mut pg_sys::CachedPlan;
    pub fn SPI_execute(sql: *const c_char, read_only: bool, limit: c_long) -> c_int;
    pub fn SPI_commit();
    pub fn AcceptInvalidationMessages();
    pub fn SearchSysCache1(cache: c_int, key: Datum) -> pg_sys::HeapTuple;
    pub fn format_type_extended(kind: pg_sys::Oid, typmod: i32, flags: u16) -> *mut c_char;
    pub fn ReleaseSysCache(row: pg_sys::HeapTuple);
    pub fn get_namespace_name(schema: pg_sys::Oid) -> *mut c_char;
    pub fn get_namespace_oid(name: *const c_char, missing_ok: bool) -> pg_sys::Oid;
    pub fn RelationIsVisible(relation: pg_sys::Oid) -> bool;
    pub fn get_relname_relid(name: *const c_char, schema: pg_sys::Oid) -> pg_sys::Oid;
    pub fn find_inheritance_children(parent: pg_sys::Oid, mode: c_int) -> *mut pg_sys::List;
    pub fn has_superclass(relation: pg_sys::Oid) -> bool;
    pub fn get_partition_ancestors(relation: pg_sys::Oid) -> *mut pg_sys::List;
    pub fn has_privs_of_role(member: pg_sys::Oid, role: pg_sys::Oid) -> bool;
    pub fn GetUserNameFromId(role: pg_sys::Oid, missing_ok: bool) -> *mut c_char;
    pub fn LockRelationOid(relation: pg_sys::Oid, mode: c_int);
    pub fn LockDatabaseObject(class: pg_sys::Oid, object: pg_sys::Oid, part: u16, mode: c_int);
    pub fn find_inheritance_children_extended(
        parent: pg_sys::Oid,
        omit_detached: bool,
        mode: c_int,
        detached_exist: *mut bool,
        detached_by: *mut pg_sys::TransactionId,
    ) -> *mut pg_sys::List;
    pub fn extract_query_dependencies(
        query: *mut pg_sys::Node,
        relations: *mut *mut pg_sys::List,
        others: *mut *mut pg_sys::List,
        has_policies: *mut bool,
    );
    pub fn format_type_be(kind: pg_sys::Oid) -> *mut c_char;
    pub fn makeString(text: *mut c_char) -> *mut c_void;
    pub fn lappend(list: *mut pg_sys::List, node: *mut c_void) -> *mut pg_sys::List;
    pub fn LookupFuncName(
        name: *mut pg_sys::List,
        count: c_int,
        types: *const pg_sys::Oid,
        missing_ok: bool,
    ) -> pg_sys::Oid;
    pub fn GetSysCacheHashValue(cache: c_int, first: Datum, second: Datum, third: Datum, fourth: Datum) -> u32;
    pub fn ConditionalLockRelationOid(relation: pg_sys::Oid, mode: c_int) -> bool;
    pub fn OidInputFunctionCall(
        function: pg_sys::Oid,
        text: *mut c_char,
        parameter: pg_sys::Oid,
        modifier: i32,
    ) -> Datum;
    pub fn heap_modify_tuple_by_cols(
        row: pg_sys::HeapTuple,
        columns: pg_sys::TupleDesc,
        count: c_int,
        numbers: *mut c_int,
        values: *mut Datum,
        nulls: *mut bool,
    ) -> pg_sys::HeapTuple;
    pub fn LockAcquire(tag: *const pg_sys::LOCKTAG, mode: c_int, session: bool, dont_wait: bool) -> c_uint;
    pub fn CommandCounterIncrement();
    pub fn BeginInternalSubTransaction(name: *const c_char);
    pub fn ReleaseCurrentSubTransaction();
    pub fn RollbackAndReleaseCurrentSubTransaction();
    pub fn table_open(relation: pg_sys::Oid, mode: c_int) -> pg_sys::Relation;
    pub fn try_relation_open(relation: pg_sys::Oid, mode: c_int) -> pg_sys::Relation;
    pub fn relation_close(relation: pg_sys::Relation, mode: c_int);
    pub fn RelationGetNumberOfBlocksInFork(relation: pg_sys::Relation, fork: pg_sys::ForkNumber::Type) -> u32;
    pub fn table_close(relation: pg_sys::Relation, mode: c_int);
    pub fn ScanKeyInit(entry: pg_sys::ScanKey, column: i16, strategy: u16, procedure: pg_sys::Oid, argument: Datum);
    pub fn systable_beginscan(
        catalog: pg_sys::Relation,
        index: pg_sys::Oid,
        may_use_index: bool,
        snapshot: pg_sys::Snapshot,
        key_count: c_int,
        keys: pg_sys::ScanKey,
    ) -> pg_sys::SysScanDesc;
    pub fn systable_getnext(scan: pg_sys::SysScanDesc) -> pg_sys::HeapTuple;
    pub fn systable_endscan(scan: pg_sys::SysScanDesc);
    pub fn heap_deform_tuple(row: pg_sys::HeapTuple, columns: pg_sys::TupleDesc, values: *mut Datum, nulls: *mut bool);
    pub fn heap_copytuple(row: pg_sys::HeapTuple) -> pg_sys::HeapTuple;
    pub fn toast_raw_datum_size(value: Datum) -> usize;
    pub fn toast_datum_size(value: Datum) -> usize;
    pub fn pg_detoast_datum_copy(value: *mut pg_sys::varlena) -> *mut pg_sys::varlena;
    pub fn buildoidvector(oids: *const pg_sys::Oid, count: c_int) -> *mut pg_sys::oidvector;
    pub fn GetSysCacheOid(
        cache: c_int,
        column: i16,
        first: Datum,
        second: Datum,
        third: Datum,
        fourth: Datum,
    ) -> pg_sys::Oid;
    pub fn get_func_namespace(function: pg_sys::Oid) -> pg_sys::Oid;
    pub fn get_func_name(function: pg_sys::Oid) -> *mut c_char;
    pub fn get_constraint_name(constraint: pg_sys::Oid) -> *mut c_char;
    pub fn GetLatestSnapshot() -> pg_sys::Snapshot;
    pub fn RegisterSnapshot(snapshot: pg_sys::Snapshot) -> pg_sys::Snapshot;
    pub fn UnregisterSnapshot(snapshot: pg_sys::Snapshot);
    pub fn table_slot_create(
        relation: pg_sys::Relation,
        register: *mut *mut pg_sys::List,
    ) -> *mut pg_sys::TupleTableSlot;
    pub fn ExecDropSingleTupleTableSlot(slot: *mut pg_sys::TupleTableSlot);
    pub fn SPI_execute_snapshot(
        plan: pg_sys::SPIPlanPtr,
        values: *mut Datum,
        nulls: *const c_char,
        snapshot: pg_sys::Snapshot,
        crosscheck: pg_sys::Snapshot,
        read_only: bool,
        fire_triggers: bool,
        limit: c_long,
    ) -> c_int;
}
