CREATE TABLE audit (
	id INTEGER NOT NULL IDENTITY,
	at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	ran_by NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	host NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	program NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	action NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
	subject NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
	PRIMARY KEY (id)
);

CREATE INDEX audit_by_time ON audit (at);

CREATE TABLE claim (
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	digest NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_name NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_type_name NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_type_code NVARCHAR(21) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_identifier NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_issuing_authority_name NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_issuing_authority_code NVARCHAR(18) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_issued_date DATETIME NOT NULL,
	certificate_holder_name NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_holder_code NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_holder_type_name NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_holder_type_code NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_effective_date DATETIME NULL,
	certificate_expiring_date DATETIME NULL,
	certificate_signer NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_signed_time NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_signature_name NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_copy_creation_time NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_copy_creator NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_copy_cause NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_copy_expiring_time NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_status NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_area_code NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_holder_category NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NULL,
	associated_certificate_identifier NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
	identifier_version INTEGER NULL,
	face NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
	source_updated_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
	batch NVARCHAR(160) COLLATE Latin1_General_100_BIN2 NOT NULL,
	face_digest NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
	first_observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	beginning INTEGER NOT NULL,
	observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	read_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	seen_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	wins BIT NOT NULL,
	absent_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	ended NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NULL,
	moved_to NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	PRIMARY KEY (record, source)
);

CREATE INDEX claim_by_identifier ON claim (certificate_identifier);

CREATE INDEX claim_by_number ON claim (certificate_number);

CREATE INDEX claim_by_place ON claim (source, locator);

CREATE INDEX claim_by_successor ON claim (moved_to) WHERE moved_to IS NOT NULL;

CREATE TABLE claim_history (
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	digest NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_name NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_type_name NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_type_code NVARCHAR(21) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_identifier NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_issuing_authority_name NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_issuing_authority_code NVARCHAR(18) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_issued_date DATETIME NOT NULL,
	certificate_holder_name NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_holder_code NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_holder_type_name NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_holder_type_code NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_effective_date DATETIME NULL,
	certificate_expiring_date DATETIME NULL,
	certificate_signer NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_signed_time NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_signature_name NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_copy_creation_time NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_copy_creator NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_copy_cause NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_copy_expiring_time NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_status NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_area_code NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_holder_category NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NULL,
	associated_certificate_identifier NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
	identifier_version INTEGER NULL,
	face NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
	source_updated_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
	batch NVARCHAR(160) COLLATE Latin1_General_100_BIN2 NOT NULL,
	face_digest NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
	first_observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	beginning INTEGER NOT NULL,
	observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	read_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	seen_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	PRIMARY KEY (record, source, digest)
);

CREATE INDEX claim_history_by_identifier ON claim_history (certificate_identifier);

CREATE INDEX claim_history_by_number ON claim_history (certificate_number);

CREATE INDEX claim_history_by_place ON claim_history (source, locator);

CREATE TABLE claimant (
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_type_code NVARCHAR(21) COLLATE Latin1_General_100_BIN2 NOT NULL,
	precedence INTEGER NOT NULL,
	gives_identifiers BIT NOT NULL,
	PRIMARY KEY (source, certificate_type_code)
);

CREATE TABLE coverage (
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	first_day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
	last_day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
	reached BIT NOT NULL,
	PRIMARY KEY (source, first_day)
);

CREATE TABLE ending (
	id INTEGER NOT NULL IDENTITY,
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
	locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
	beginning INTEGER NOT NULL,
	observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	read_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	subject NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	batch NVARCHAR(160) COLLATE Latin1_General_100_BIN2 NOT NULL,
	PRIMARY KEY (id)
);

CREATE INDEX ending_by_place ON ending (source, locator);

CREATE INDEX ending_by_record ON ending (record);

CREATE TABLE exchange_batch (
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
	run INTEGER NOT NULL,
	status NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
	kind NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
	taken_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	delivered_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	[read] INTEGER NOT NULL,
	left_out INTEGER NOT NULL,
	extracted INTEGER NOT NULL,
	accepted INTEGER NOT NULL,
	held INTEGER NOT NULL,
	duplicates INTEGER NOT NULL,
	refused INTEGER NOT NULL,
	inserted INTEGER NOT NULL,
	updated INTEGER NOT NULL,
	unchanged INTEGER NOT NULL,
	stale INTEGER NOT NULL,
	without_time INTEGER NOT NULL,
	future_time INTEGER NOT NULL,
	vanished INTEGER NOT NULL,
	moved INTEGER NOT NULL,
	counted INTEGER NULL,
	witnessed BIGINT NULL,
	content NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	mark_after BIGINT NULL,
	mark_last BIGINT NULL,
	mark_rows NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NULL,
	ordered_by NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
	beginning INTEGER NOT NULL,
	verdict_digest NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '',
	reason NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
	failing NVARCHAR(max) NOT NULL,
	seconds DOUBLE PRECISION NOT NULL,
	report_seconds DOUBLE PRECISION NULL,
	ran_by NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '',
	host NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '',
	program NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '',
	declaration NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '',
	PRIMARY KEY (source, day, run)
);

CREATE INDEX exchange_batch_by_day ON exchange_batch (day);

CREATE TABLE exchange_lock (
	name NVARCHAR(160) COLLATE Latin1_General_100_BIN2 NOT NULL,
	PRIMARY KEY (name)
);

CREATE TABLE finding_sight (
	id INTEGER NOT NULL IDENTITY,
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
	found_by NVARCHAR(160) COLLATE Latin1_General_100_BIN2 NOT NULL,
	[rule] NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
	element NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	subject NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
	locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	value NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
	expected NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
	beginning INTEGER NOT NULL,
	observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	read_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	PRIMARY KEY (id)
);

CREATE INDEX finding_sight_by_batch ON finding_sight (source, day);

CREATE INDEX finding_sight_by_finder ON finding_sight (found_by);

CREATE INDEX finding_sight_by_subject ON finding_sight (subject);

CREATE TABLE finding_state (
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	subject NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
	[rule] NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
	element NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	value NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
	expected NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
	beginning INTEGER NOT NULL,
	observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	read_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
	first_day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
	last_day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
	[open] BIT NOT NULL,
	PRIMARY KEY (source, subject, [rule], element)
);

CREATE INDEX finding_state_open_by_rule ON finding_state ([rule], [open], subject) WHERE [open] = 1;

CREATE INDEX finding_state_open_by_source ON finding_state (source, [open]) WHERE [open] = 1;

CREATE TABLE former_key (
	id INTEGER NOT NULL IDENTITY,
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
	locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
	beginning INTEGER NOT NULL,
	observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	read_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	seen_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	PRIMARY KEY (id)
);

CREATE INDEX former_key_by_place ON former_key (source, locator);

CREATE INDEX former_key_by_record ON former_key (record);

CREATE TABLE purge (
	id INTEGER NOT NULL IDENTITY,
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	what NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
	kept_days INTEGER NOT NULL,
	first_day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
	last_day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
	items BIGINT NOT NULL,
	bytes BIGINT NOT NULL,
	begun_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	ended_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	PRIMARY KEY (id)
);

CREATE TABLE sighting (
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
	seen_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	PRIMARY KEY (source, record)
);

CREATE TABLE sweep (
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	taken_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
	swept_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	keys_met BIGINT NOT NULL,
	vanished BIGINT NOT NULL,
	unread BIGINT NOT NULL,
	seconds DOUBLE PRECISION NOT NULL,
	PRIMARY KEY (source, taken_at)
);

-- view licence
SELECT claim.record AS record, claim.certificate_name AS certificate_name, claim.certificate_type_name AS certificate_type_name, claim.certificate_type_code AS certificate_type_code, claim.certificate_number AS certificate_number, claim.certificate_identifier AS certificate_identifier, claim.certificate_issuing_authority_name AS certificate_issuing_authority_name, claim.certificate_issuing_authority_code AS certificate_issuing_authority_code, claim.certificate_issued_date AS certificate_issued_date, claim.certificate_holder_name AS certificate_holder_name, claim.certificate_holder_code AS certificate_holder_code, claim.certificate_holder_type_name AS certificate_holder_type_name, claim.certificate_holder_type_code AS certificate_holder_type_code, claim.certificate_effective_date AS certificate_effective_date, claim.certificate_expiring_date AS certificate_expiring_date, claim.certificate_signer AS certificate_signer, claim.certificate_signed_time AS certificate_signed_time, claim.certificate_signature_name AS certificate_signature_name, claim.certificate_copy_creation_time AS certificate_copy_creation_time, claim.certificate_copy_creator AS certificate_copy_creator, claim.certificate_copy_cause AS certificate_copy_cause, claim.certificate_copy_expiring_time AS certificate_copy_expiring_time, CASE WHEN (claim.ended IS NOT NULL) THEN 'CANCELLED' ELSE claim.certificate_status END AS certificate_status, claim.certificate_area_code AS certificate_area_code, claim.certificate_holder_category AS certificate_holder_category, claim.associated_certificate_identifier AS associated_certificate_identifier, claim.face AS face, claim.source_updated_at AS source_updated_at, claim.locator AS locator, claim.batch AS batch, claim.digest AS digest, claim.face_digest AS face_digest, claim.source AS source, claim.observed_at AS observed_at, claim.read_at AS read_at, claim.judged_at AS judged_at, claim.ended AS ended, claim.moved_to AS moved_to, (SELECT min(former.record) AS min_1 
FROM claim AS former 
WHERE former.source = claim.source AND former.moved_to = claim.record) AS moved_from 
FROM claim 
WHERE claim.wins = 1;

-- view licence_version
SELECT claim.record AS record, claim.source AS source, claim.certificate_name AS certificate_name, claim.certificate_type_name AS certificate_type_name, claim.certificate_type_code AS certificate_type_code, claim.certificate_number AS certificate_number, CASE WHEN (claim.identifier_version IS NULL) THEN claim.certificate_identifier ELSE NULL END AS certificate_identifier, claim.certificate_issuing_authority_name AS certificate_issuing_authority_name, claim.certificate_issuing_authority_code AS certificate_issuing_authority_code, claim.certificate_issued_date AS certificate_issued_date, claim.certificate_holder_name AS certificate_holder_name, claim.certificate_holder_code AS certificate_holder_code, claim.certificate_holder_type_name AS certificate_holder_type_name, claim.certificate_holder_type_code AS certificate_holder_type_code, claim.certificate_effective_date AS certificate_effective_date, claim.certificate_expiring_date AS certificate_expiring_date, claim.certificate_signer AS certificate_signer, claim.certificate_signed_time AS certificate_signed_time, claim.certificate_signature_name AS certificate_signature_name, claim.certificate_copy_creation_time AS certificate_copy_creation_time, claim.certificate_copy_creator AS certificate_copy_creator, claim.certificate_copy_cause AS certificate_copy_cause, claim.certificate_copy_expiring_time AS certificate_copy_expiring_time, claim.certificate_status AS certificate_status, claim.certificate_area_code AS certificate_area_code, claim.certificate_holder_category AS certificate_holder_category, claim.associated_certificate_identifier AS associated_certificate_identifier, claim.face AS face, claim.source_updated_at AS source_updated_at, claim.locator AS locator, claim.batch AS batch, claim.digest AS digest, claim.face_digest AS face_digest, claim.first_observed_at AS first_observed_at, claim.judged_at AS judged_at, claim.observed_at AS last_observed_at 
FROM claim UNION ALL SELECT claim_history.record AS record, claim_history.source AS source, claim_history.certificate_name AS certificate_name, claim_history.certificate_type_name AS certificate_type_name, claim_history.certificate_type_code AS certificate_type_code, claim_history.certificate_number AS certificate_number, CASE WHEN (claim_history.identifier_version IS NULL) THEN claim_history.certificate_identifier ELSE NULL END AS certificate_identifier, claim_history.certificate_issuing_authority_name AS certificate_issuing_authority_name, claim_history.certificate_issuing_authority_code AS certificate_issuing_authority_code, claim_history.certificate_issued_date AS certificate_issued_date, claim_history.certificate_holder_name AS certificate_holder_name, claim_history.certificate_holder_code AS certificate_holder_code, claim_history.certificate_holder_type_name AS certificate_holder_type_name, claim_history.certificate_holder_type_code AS certificate_holder_type_code, claim_history.certificate_effective_date AS certificate_effective_date, claim_history.certificate_expiring_date AS certificate_expiring_date, claim_history.certificate_signer AS certificate_signer, claim_history.certificate_signed_time AS certificate_signed_time, claim_history.certificate_signature_name AS certificate_signature_name, claim_history.certificate_copy_creation_time AS certificate_copy_creation_time, claim_history.certificate_copy_creator AS certificate_copy_creator, claim_history.certificate_copy_cause AS certificate_copy_cause, claim_history.certificate_copy_expiring_time AS certificate_copy_expiring_time, claim_history.certificate_status AS certificate_status, claim_history.certificate_area_code AS certificate_area_code, claim_history.certificate_holder_category AS certificate_holder_category, claim_history.associated_certificate_identifier AS associated_certificate_identifier, claim_history.face AS face, claim_history.source_updated_at AS source_updated_at, claim_history.locator AS locator, claim_history.batch AS batch, claim_history.digest AS digest, claim_history.face_digest AS face_digest, claim_history.first_observed_at AS first_observed_at, claim_history.judged_at AS judged_at, claim_history.observed_at AS last_observed_at 
FROM claim_history;

-- view licence_identifier
SELECT claim.record AS record, claim.face_digest AS face_digest, claim.certificate_identifier AS certificate_identifier, claim.identifier_version AS version 
FROM claim 
WHERE claim.identifier_version IS NOT NULL UNION SELECT claim_history.record AS record, claim_history.face_digest AS face_digest, claim_history.certificate_identifier AS certificate_identifier, claim_history.identifier_version AS version 
FROM claim_history 
WHERE claim_history.identifier_version IS NOT NULL;

-- view finding
SELECT finding_state.source AS source, finding_state.subject AS subject, finding_state.[rule] AS [rule], finding_state.element AS element, finding_state.locator AS locator, finding_state.certificate_number AS certificate_number, finding_state.value AS value, finding_state.expected AS expected, finding_state.beginning AS beginning, finding_state.observed_at AS observed_at, finding_state.read_at AS read_at, finding_state.judged_at AS judged_at, finding_state.day AS day, finding_state.first_day AS first_day, finding_state.last_day AS last_day, finding_state.[open] AS [open], CASE WHEN (EXISTS (SELECT claim.record 
FROM claim 
WHERE claim.record = finding_state.subject)) THEN 1 ELSE 0 END AS platform_holds 
FROM finding_state;

-- view finding_seen
SELECT finding_sight.id AS id, finding_sight.source AS source, finding_sight.day AS day, finding_sight.found_by AS found_by, finding_sight.[rule] AS [rule], finding_sight.element AS element, finding_sight.subject AS subject, finding_sight.locator AS locator, finding_sight.certificate_number AS certificate_number, finding_sight.value AS value, finding_sight.expected AS expected, finding_sight.beginning AS beginning, finding_sight.observed_at AS observed_at, finding_sight.read_at AS read_at, finding_sight.judged_at AS judged_at, CASE WHEN (EXISTS (SELECT claim.record 
FROM claim 
WHERE claim.record = finding_sight.subject)) THEN 1 ELSE 0 END AS platform_holds 
FROM finding_sight;

SELECT exchange_lock.name
FROM exchange_lock WITH (UPDLOCK, ROWLOCK, HOLDLOCK)
WHERE exchange_lock.name = :name_1;

CREATE TABLE [#staged_arrival] (
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	digest NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	source_updated_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NULL,
	observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	UNIQUE (record)
);

CREATE TABLE [#staged_licence] (
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	digest NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_name NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_type_name NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_type_code NVARCHAR(21) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_identifier NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_issuing_authority_name NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_issuing_authority_code NVARCHAR(18) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_issued_date DATETIME NULL,
	certificate_holder_name NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_holder_code NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_holder_type_name NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_holder_type_code NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_effective_date DATETIME NULL,
	certificate_expiring_date DATETIME NULL,
	certificate_signer NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_signed_time NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_signature_name NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_copy_creation_time NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_copy_creator NVARCHAR(256) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_copy_cause NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_copy_expiring_time NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_status NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_area_code NVARCHAR(12) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_holder_category NVARCHAR(1) COLLATE Latin1_General_100_BIN2 NULL,
	associated_certificate_identifier NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
	identifier_version INTEGER NULL,
	face NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
	source_updated_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NULL,
	face_digest NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	UNIQUE (record)
);

CREATE TABLE [#staged_known] (
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	fate NVARCHAR(16) COLLATE Latin1_General_100_BIN2 NULL,
	UNIQUE (record)
);

CREATE TABLE [#staged_rival] (
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	UNIQUE (record)
);

CREATE TABLE [#staged_winner] (
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NULL,
	won BIT NULL,
	UNIQUE (record)
);

CREATE TABLE [#staged_need] (
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NULL,
	face_digest NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	UNIQUE (record)
);

CREATE TABLE [#staged_minted] (
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_identifier NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
	version INTEGER NULL,
	UNIQUE (record)
);

CREATE TABLE [#staged_finding] (
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NULL,
	day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NULL,
	found_by NVARCHAR(160) COLLATE Latin1_General_100_BIN2 NULL,
	[rule] NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
	element NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NULL,
	subject NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NULL,
	value NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
	expected NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
	beginning INTEGER NULL,
	observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	read_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL
);

CREATE TABLE [#staged_closed] (
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NULL,
	subject NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	[rule] NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
	element NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NULL
);

CREATE TABLE [#staged_looked] (
	subject NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL
);

CREATE TABLE [#staged_drawn] (
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NULL,
	day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NULL,
	found_by NVARCHAR(160) COLLATE Latin1_General_100_BIN2 NULL,
	[rule] NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
	element NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NULL,
	subject NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NULL,
	value NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NULL,
	expected NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NULL,
	beginning INTEGER NULL,
	observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	read_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	listed BIT NULL,
	UNIQUE (source, subject, [rule], element)
);

CREATE TABLE [#staged_held] (
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NULL,
	place INTEGER NULL,
	UNIQUE (record, place),
	UNIQUE (locator, place)
);

CREATE TABLE [#staged_sighting] (
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NULL
);

CREATE TABLE [#staged_seen] (
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NULL,
	UNIQUE (record)
);

CREATE TABLE [#staged_ending] (
	id INTEGER NULL,
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NULL,
	observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	subject NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NULL,
	known BIT NULL
);

CREATE TABLE [#staged_touched] (
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	UNIQUE (record)
);

CREATE TABLE [#staged_reopened] (
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL
);

CREATE TABLE [#staged_named] (
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	named NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	UNIQUE (record)
);

CREATE TABLE [#staged_naming] (
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	named NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	beginning INTEGER NULL,
	observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	read_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	seen_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL
);

CREATE TABLE [#staged_parted] (
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	moves BIT NULL
);

SELECT TOP 1 exchange_batch.day, exchange_batch.taken_at, exchange_batch.judged_at
FROM exchange_batch
WHERE exchange_batch.source = :source_1 AND exchange_batch.kind = :kind_1 AND exchange_batch.status = :status_1 ORDER BY exchange_batch.taken_at DESC, exchange_batch.judged_at DESC;

SELECT TOP 1 sweep.day, sweep.taken_at, sweep.swept_at
FROM sweep
WHERE sweep.source = :source_1 ORDER BY sweep.taken_at DESC;

SELECT claimant.source, claimant.certificate_type_code
FROM claimant
WHERE claimant.certificate_type_code IN (:certificate_type_code_1_1);

SELECT TOP 1 claimant.source
FROM claimant
WHERE claimant.gives_identifiers = 1;

SELECT TOP 1 ending.record
FROM ending
WHERE ending.source = :source_1;

UPDATE claimant SET precedence=:precedence WHERE claimant.source = :source_1 AND claimant.precedence != :precedence_1;

INSERT INTO claimant (source, certificate_type_code, precedence, gives_identifiers) VALUES (:source, :certificate_type_code, :precedence, :gives_identifiers);

SELECT :param_1 AS source, [#staged_licence].record AS subject, [#staged_licence].observed_at AS observed_at, :param_2 AS read_at, :param_3 AS judged_at, [#staged_licence].locator AS locator, [#staged_licence].certificate_number AS certificate_number, :param_4 AS value, :param_5 AS expected, :param_6 AS beginning
FROM [#staged_licence], [#staged_known]
WHERE [#staged_licence].record = [#staged_known].record AND [#staged_known].fate = :fate_1;

SELECT max(exchange_batch.run) AS max_1
FROM exchange_batch
WHERE exchange_batch.source = :source_1 AND exchange_batch.day = :day_1;

INSERT INTO exchange_batch (source, day, run, status, kind, taken_at, judged_at, delivered_at, [read], left_out, extracted, accepted, held, duplicates, refused, inserted, updated, unchanged, stale, without_time, future_time, vanished, moved, counted, witnessed, content, mark_after, mark_last, mark_rows, ordered_by, beginning, verdict_digest, reason, failing, seconds, report_seconds, ran_by, host, program, declaration) VALUES (:source, :day, :run, :status, :kind, :taken_at, :judged_at, :delivered_at, :read, :left_out, :extracted, :accepted, :held, :duplicates, :refused, :inserted, :updated, :unchanged, :stale, :without_time, :future_time, :vanished, :moved, :counted, :witnessed, :content, :mark_after, :mark_last, :mark_rows, :ordered_by, :beginning, :verdict_digest, :reason, :failing, :seconds, :report_seconds, :ran_by, :host, :program, :declaration);

SELECT coverage.first_day, coverage.last_day, coverage.reached
FROM coverage
WHERE coverage.source = :source_1 AND (coverage.reached = 1 AND coverage.first_day <= :first_day_1 AND coverage.last_day >= :last_day_1 OR coverage.first_day = :first_day_2);

INSERT INTO coverage (source, first_day, last_day, reached) VALUES (:source, :first_day, :last_day, :reached);

INSERT INTO [#staged_seen] (record, locator, certificate_number) SELECT [#staged_sighting].record, min([#staged_sighting].locator) AS min_1, min([#staged_sighting].certificate_number) AS min_2
FROM [#staged_sighting] GROUP BY [#staged_sighting].record;

UPDATE sighting SET seen_at=:seen_at, locator=[#staged_seen].locator, certificate_number=[#staged_seen].certificate_number FROM sighting, [#staged_seen] WHERE sighting.source = :source_1 AND sighting.record = [#staged_seen].record AND (sighting.seen_at < :seen_at_1 OR sighting.seen_at = :seen_at_2 AND sighting.locator > [#staged_seen].locator);

INSERT INTO sighting (source, record, seen_at, locator, certificate_number) SELECT :param_1 AS anon_1, [#staged_seen].record, :param_2 AS anon_2, [#staged_seen].locator, [#staged_seen].certificate_number
FROM [#staged_seen]
WHERE NOT (EXISTS (SELECT sighting.record
FROM sighting
WHERE sighting.source = :source_1 AND sighting.record = [#staged_seen].record));

UPDATE claim SET absent_at=NULL, ended=CASE WHEN (claim.ended = :ended_1) THEN NULL ELSE claim.ended END FROM claim, [#staged_seen] WHERE claim.source = :source_1 AND claim.record = [#staged_seen].record AND claim.absent_at <= :absent_at_1;

UPDATE claim SET absent_at=NULL WHERE claim.source = :source_1 AND claim.absent_at IS NOT NULL AND (claim.seen_at > :seen_at_1 OR claim.seen_at = :seen_at_2 AND claim.judged_at >= :judged_at_1 OR (EXISTS (SELECT claim_history.record
FROM claim_history
WHERE claim_history.record = claim.record AND claim_history.source = claim.source AND (claim_history.seen_at > :seen_at_3 OR claim_history.seen_at = :seen_at_4 AND claim_history.judged_at >= :judged_at_2))) OR (EXISTS (SELECT sighting.record
FROM sighting
WHERE sighting.record = claim.record AND sighting.source = claim.source AND sighting.seen_at >= :seen_at_5)));

UPDATE claim SET absent_at=:absent_at WHERE claim.source = :source_1 AND (claim.absent_at IS NULL OR claim.absent_at != :absent_at_1) AND NOT (claim.seen_at > :seen_at_1 OR claim.seen_at = :seen_at_2 AND claim.judged_at >= :judged_at_1 OR (EXISTS (SELECT claim_history.record
FROM claim_history
WHERE claim_history.record = claim.record AND claim_history.source = claim.source AND (claim_history.seen_at > :seen_at_3 OR claim_history.seen_at = :seen_at_4 AND claim_history.judged_at >= :judged_at_2))) OR (EXISTS (SELECT sighting.record
FROM sighting
WHERE sighting.record = claim.record AND sighting.source = claim.source AND sighting.seen_at >= :seen_at_5)));

UPDATE finding_state SET [open]=:open WHERE finding_state.source = :source_1 AND finding_state.[rule] = :rule_1 AND finding_state.[open] = 1;

UPDATE claim SET ended=CASE WHEN (claim.moved_to IS NOT NULL) THEN :param_1 WHEN (claim.absent_at IS NOT NULL AND coalesce(:param_2, :coalesce_1) = 1) THEN :param_3 END WHERE claim.source = :source_1 AND (claim.absent_at IS NOT NULL OR claim.ended = :ended_1) AND coalesce(CASE WHEN (claim.moved_to IS NOT NULL) THEN :param_1 WHEN (claim.absent_at IS NOT NULL AND coalesce(:param_2, :coalesce_1) = 1) THEN :param_3 END, :coalesce_2) != coalesce(claim.ended, :coalesce_3);

DELETE FROM finding_sight WHERE finding_sight.source = :source_1 AND finding_sight.day = :day_1 AND finding_sight.[rule] = :rule_1;

SELECT :param_1 AS source, claim.record AS subject, :param_2 AS observed_at, :param_3 AS read_at, :param_4 AS judged_at, claim.locator AS locator, claim.certificate_number AS certificate_number, :param_5 AS value, :param_6 AS expected, claim.beginning AS beginning
FROM claim
WHERE claim.source = :source_1 AND claim.absent_at IS NOT NULL AND (claim.ended IS NULL OR claim.ended = :ended_1);

UPDATE exchange_batch SET vanished=:vanished WHERE exchange_batch.source = :source_1 AND exchange_batch.day = :day_1 AND exchange_batch.run = :run_1;

SELECT TOP 1 claimant.source
FROM claimant
WHERE claimant.source = :source_1 AND (EXISTS (SELECT rival_claimant.source
FROM claimant AS rival_claimant
WHERE rival_claimant.certificate_type_code = claimant.certificate_type_code AND rival_claimant.source != claimant.source));

SELECT claim.source AS source, claim.record AS subject, claim.observed_at AS observed_at, claim.read_at AS read_at, claim.judged_at AS judged_at, claim.locator AS locator, claim.certificate_number AS certificate_number, :param_1 AS value, :param_2 AS expected, claim.beginning AS beginning
FROM claim
WHERE claim.source = :source_1 AND claim.record IN (SELECT [#staged_touched].record
FROM [#staged_touched]) AND (EXISTS (SELECT claim_history.record
FROM claim_history
WHERE claim_history.record = claim.record AND claim_history.source = claim.source AND claim_history.seen_at > claim.seen_at));

UPDATE finding_state SET [open]=:open WHERE finding_state.[rule] = :rule_1 AND finding_state.source = :source_1 AND finding_state.subject IN (SELECT [#staged_touched].record
FROM [#staged_touched]) AND finding_state.[open] = 1 AND NOT (EXISTS (SELECT [#staged_drawn].[rule]
FROM [#staged_drawn]
WHERE finding_state.source = [#staged_drawn].source AND finding_state.[rule] = [#staged_drawn].[rule] AND finding_state.element = [#staged_drawn].element AND finding_state.subject = [#staged_drawn].subject));

UPDATE [#staged_drawn] SET listed=1 WHERE EXISTS (SELECT finding_state.[rule]
FROM finding_state
WHERE finding_state.source = [#staged_drawn].source AND finding_state.[rule] = [#staged_drawn].[rule] AND finding_state.element = [#staged_drawn].element AND finding_state.subject = [#staged_drawn].subject AND finding_state.[open] = 1 AND finding_state.day != :day_1 AND finding_state.locator = [#staged_drawn].locator AND finding_state.certificate_number = [#staged_drawn].certificate_number AND finding_state.value = [#staged_drawn].value AND finding_state.expected = [#staged_drawn].expected);

DELETE FROM finding_sight WHERE finding_sight.[rule] = :rule_1 AND finding_sight.source = :source_1 AND finding_sight.subject IN (SELECT [#staged_touched].record
FROM [#staged_touched]) AND finding_sight.day = :day_1;

INSERT INTO finding_sight (source, day, found_by, [rule], element, subject, locator, certificate_number, value, expected, beginning, observed_at, read_at, judged_at) SELECT [#staged_drawn].source, [#staged_drawn].day, [#staged_drawn].found_by, [#staged_drawn].[rule], [#staged_drawn].element, [#staged_drawn].subject, [#staged_drawn].locator, [#staged_drawn].certificate_number, [#staged_drawn].value, [#staged_drawn].expected, [#staged_drawn].beginning, [#staged_drawn].observed_at, [#staged_drawn].read_at, [#staged_drawn].judged_at
FROM [#staged_drawn]
WHERE [#staged_drawn].listed IS NULL;

DELETE FROM [#staged_looked];

DELETE FROM [#staged_drawn];

SELECT claim.source AS source, claim.record AS subject, claim.observed_at AS observed_at, claim.read_at AS read_at, claim.judged_at AS judged_at, claim.locator AS locator, claim.certificate_number AS certificate_number, other.certificate_number AS value, :param_1 AS expected, claim.beginning AS beginning
FROM claim, claim AS other
WHERE claim.source = :source_1 AND claim.moved_to IS NOT NULL AND claim.absent_at IS NULL AND other.source = claim.source AND other.record = claim.moved_to;

UPDATE finding_state SET [open]=:open WHERE finding_state.[rule] = :rule_1 AND finding_state.source = :source_1 AND finding_state.[open] = 1 AND NOT (EXISTS (SELECT [#staged_drawn].[rule]
FROM [#staged_drawn]
WHERE finding_state.source = [#staged_drawn].source AND finding_state.[rule] = [#staged_drawn].[rule] AND finding_state.element = [#staged_drawn].element AND finding_state.subject = [#staged_drawn].subject));

DELETE FROM finding_sight WHERE finding_sight.[rule] = :rule_1 AND finding_sight.source = :source_1 AND finding_sight.day = :day_1;

SELECT TOP 1 exchange_batch.run
FROM exchange_batch
WHERE exchange_batch.source = :source_1 AND exchange_batch.day = :day_1 AND exchange_batch.kind != :kind_1 AND exchange_batch.judged_at > :judged_at_1 AND exchange_batch.status IN (:status_1_1, :status_1_2);

DELETE FROM finding_sight WHERE finding_sight.found_by = :found_by_1 AND (finding_sight.[rule] NOT IN (:rule_1_1, :rule_1_2, :rule_1_3, :rule_1_4, :rule_1_5, :rule_1_6, :rule_1_7, :rule_1_8, :rule_1_9, :rule_1_10, :rule_1_11, :rule_1_12)) AND finding_sight.subject != :subject_1;

INSERT INTO finding_sight (source, day, found_by, [rule], element, subject, locator, certificate_number, value, expected, beginning, observed_at, read_at, judged_at) SELECT [#staged_finding].source, [#staged_finding].day, [#staged_finding].found_by, [#staged_finding].[rule], [#staged_finding].element, [#staged_finding].subject, [#staged_finding].locator, [#staged_finding].certificate_number, [#staged_finding].value, [#staged_finding].expected, [#staged_finding].beginning, [#staged_finding].observed_at, [#staged_finding].read_at, [#staged_finding].judged_at
FROM [#staged_finding]
WHERE 1 = 1;

UPDATE finding_state SET first_day=anon_1.first_day FROM finding_state, (SELECT [#staged_finding].source AS source, [#staged_finding].[rule] AS [rule], [#staged_finding].element AS element, [#staged_finding].subject AS subject, [#staged_finding].locator AS locator, [#staged_finding].certificate_number AS certificate_number, [#staged_finding].value AS value, [#staged_finding].expected AS expected, [#staged_finding].day AS day, [#staged_finding].beginning AS beginning, [#staged_finding].observed_at AS observed_at, [#staged_finding].read_at AS read_at, [#staged_finding].judged_at AS judged_at, [#staged_finding].day AS first_day, [#staged_finding].day AS last_day, row_number() OVER (PARTITION BY [#staged_finding].source, [#staged_finding].[rule], [#staged_finding].element, [#staged_finding].subject ORDER BY [#staged_finding].beginning DESC, [#staged_finding].observed_at DESC, [#staged_finding].read_at DESC, [#staged_finding].judged_at DESC, [#staged_finding].day DESC, [#staged_finding].locator) AS place
FROM [#staged_finding]) AS anon_1 WHERE anon_1.place = :place_1 AND finding_state.source = anon_1.source AND finding_state.[rule] = anon_1.[rule] AND finding_state.element = anon_1.element AND finding_state.subject = anon_1.subject AND anon_1.first_day < finding_state.first_day;

UPDATE finding_state SET last_day=anon_1.last_day FROM finding_state, (SELECT [#staged_finding].source AS source, [#staged_finding].[rule] AS [rule], [#staged_finding].element AS element, [#staged_finding].subject AS subject, [#staged_finding].locator AS locator, [#staged_finding].certificate_number AS certificate_number, [#staged_finding].value AS value, [#staged_finding].expected AS expected, [#staged_finding].day AS day, [#staged_finding].beginning AS beginning, [#staged_finding].observed_at AS observed_at, [#staged_finding].read_at AS read_at, [#staged_finding].judged_at AS judged_at, [#staged_finding].day AS first_day, [#staged_finding].day AS last_day, row_number() OVER (PARTITION BY [#staged_finding].source, [#staged_finding].[rule], [#staged_finding].element, [#staged_finding].subject ORDER BY [#staged_finding].beginning DESC, [#staged_finding].observed_at DESC, [#staged_finding].read_at DESC, [#staged_finding].judged_at DESC, [#staged_finding].day DESC, [#staged_finding].locator) AS place
FROM [#staged_finding]) AS anon_1 WHERE anon_1.place = :place_1 AND finding_state.source = anon_1.source AND finding_state.[rule] = anon_1.[rule] AND finding_state.element = anon_1.element AND finding_state.subject = anon_1.subject AND anon_1.last_day > finding_state.last_day;

UPDATE finding_state SET locator=anon_1.locator, certificate_number=anon_1.certificate_number, value=anon_1.value, expected=anon_1.expected, beginning=anon_1.beginning, observed_at=anon_1.observed_at, read_at=anon_1.read_at, judged_at=anon_1.judged_at, day=anon_1.day, [open]=1 FROM finding_state, (SELECT [#staged_finding].source AS source, [#staged_finding].[rule] AS [rule], [#staged_finding].element AS element, [#staged_finding].subject AS subject, [#staged_finding].locator AS locator, [#staged_finding].certificate_number AS certificate_number, [#staged_finding].value AS value, [#staged_finding].expected AS expected, [#staged_finding].day AS day, [#staged_finding].beginning AS beginning, [#staged_finding].observed_at AS observed_at, [#staged_finding].read_at AS read_at, [#staged_finding].judged_at AS judged_at, [#staged_finding].day AS first_day, [#staged_finding].day AS last_day, row_number() OVER (PARTITION BY [#staged_finding].source, [#staged_finding].[rule], [#staged_finding].element, [#staged_finding].subject ORDER BY [#staged_finding].beginning DESC, [#staged_finding].observed_at DESC, [#staged_finding].read_at DESC, [#staged_finding].judged_at DESC, [#staged_finding].day DESC, [#staged_finding].locator) AS place
FROM [#staged_finding]) AS anon_1 WHERE anon_1.place = :place_1 AND finding_state.source = anon_1.source AND finding_state.[rule] = anon_1.[rule] AND finding_state.element = anon_1.element AND finding_state.subject = anon_1.subject AND NOT (finding_state.beginning > anon_1.beginning OR finding_state.beginning = anon_1.beginning AND (finding_state.observed_at > anon_1.observed_at OR finding_state.observed_at = anon_1.observed_at AND (finding_state.read_at > anon_1.read_at OR finding_state.read_at = anon_1.read_at AND finding_state.judged_at > anon_1.judged_at)));

INSERT INTO finding_state (source, [rule], element, subject, locator, certificate_number, value, expected, day, beginning, observed_at, read_at, judged_at, first_day, last_day, [open]) SELECT anon_1.source, anon_1.[rule], anon_1.element, anon_1.subject, anon_1.locator, anon_1.certificate_number, anon_1.value, anon_1.expected, anon_1.day, anon_1.beginning, anon_1.observed_at, anon_1.read_at, anon_1.judged_at, anon_1.first_day, anon_1.last_day, 1 AS anon_2
FROM (SELECT [#staged_finding].source AS source, [#staged_finding].[rule] AS [rule], [#staged_finding].element AS element, [#staged_finding].subject AS subject, [#staged_finding].locator AS locator, [#staged_finding].certificate_number AS certificate_number, [#staged_finding].value AS value, [#staged_finding].expected AS expected, [#staged_finding].day AS day, [#staged_finding].beginning AS beginning, [#staged_finding].observed_at AS observed_at, [#staged_finding].read_at AS read_at, [#staged_finding].judged_at AS judged_at, [#staged_finding].day AS first_day, [#staged_finding].day AS last_day, row_number() OVER (PARTITION BY [#staged_finding].source, [#staged_finding].[rule], [#staged_finding].element, [#staged_finding].subject ORDER BY [#staged_finding].beginning DESC, [#staged_finding].observed_at DESC, [#staged_finding].read_at DESC, [#staged_finding].judged_at DESC, [#staged_finding].day DESC, [#staged_finding].locator) AS place
FROM [#staged_finding]) AS anon_1
WHERE anon_1.place = :place_1 AND NOT (EXISTS (SELECT finding_state.[rule]
FROM finding_state
WHERE finding_state.source = anon_1.source AND finding_state.[rule] = anon_1.[rule] AND finding_state.element = anon_1.element AND finding_state.subject = anon_1.subject));

SELECT count(*) AS count_1
FROM [#staged_finding];

SELECT TOP 1 exchange_batch.taken_at, exchange_batch.judged_at
FROM exchange_batch
WHERE exchange_batch.source = :source_1 AND exchange_batch.kind != :kind_1 AND exchange_batch.status = :status_1 AND exchange_batch.kind = :kind_2 ORDER BY exchange_batch.taken_at DESC, exchange_batch.judged_at DESC;

SELECT TOP 1 exchange_batch.taken_at, exchange_batch.judged_at
FROM exchange_batch
WHERE exchange_batch.source = :source_1 AND exchange_batch.kind != :kind_1 AND exchange_batch.status = :status_1 ORDER BY exchange_batch.taken_at DESC, exchange_batch.judged_at DESC;

INSERT INTO [#staged_closed] (source, [rule], element, subject) SELECT finding_state.source, finding_state.[rule], finding_state.element, finding_state.subject
FROM finding_state
WHERE finding_state.source = :source_1 AND finding_state.[open] = 1 AND (finding_state.[rule] NOT IN (:rule_1_1, :rule_1_2, :rule_1_3, :rule_1_4, :rule_1_5, :rule_1_6, :rule_1_7, :rule_1_8, :rule_1_9, :rule_1_10, :rule_1_11, :rule_1_12)) AND finding_state.subject != :subject_1 AND ((finding_state.[rule] NOT IN (:rule_2_1, :rule_2_2, :rule_2_3, :rule_2_4, :rule_2_5, :rule_2_6, :rule_2_7, :rule_2_8, :rule_2_9, :rule_2_10, :rule_2_11, :rule_2_12, :rule_2_13, :rule_2_14, :rule_2_15, :rule_2_16, :rule_2_17, :rule_2_18, :rule_2_19, :rule_2_20, :rule_2_21, :rule_2_22, :rule_2_23, :rule_2_24, :rule_2_25)) AND ((EXISTS (SELECT claim.record
FROM claim
WHERE claim.source = finding_state.source AND claim.record = finding_state.subject AND (claim.beginning > finding_state.beginning OR claim.beginning = finding_state.beginning AND (claim.observed_at > finding_state.observed_at OR claim.observed_at = finding_state.observed_at AND (claim.read_at > finding_state.read_at OR claim.read_at = finding_state.read_at AND claim.judged_at > finding_state.judged_at))))) OR (EXISTS (SELECT ending.record
FROM ending
WHERE ending.source = finding_state.source AND ending.record = finding_state.subject AND (ending.beginning > finding_state.beginning OR ending.beginning = finding_state.beginning AND (ending.observed_at > finding_state.observed_at OR ending.observed_at = finding_state.observed_at AND (ending.read_at > finding_state.read_at OR ending.read_at = finding_state.read_at AND ending.judged_at > finding_state.judged_at))))) OR (EXISTS (SELECT later.[rule]
FROM finding_state AS later
WHERE later.source = finding_state.source AND later.subject = finding_state.subject AND (later.[rule] NOT IN (:rule_3_1, :rule_3_2, :rule_3_3, :rule_3_4, :rule_3_5, :rule_3_6, :rule_3_7, :rule_3_8, :rule_3_9, :rule_3_10, :rule_3_11, :rule_3_12, :rule_3_13)) AND (later.beginning > finding_state.beginning OR later.beginning = finding_state.beginning AND (later.observed_at > finding_state.observed_at OR later.observed_at = finding_state.observed_at AND (later.read_at > finding_state.read_at OR later.read_at = finding_state.read_at AND later.judged_at > finding_state.judged_at))))) OR finding_state.read_at < :read_at_1 OR finding_state.read_at = :read_at_2 AND finding_state.judged_at < :judged_at_1 OR (EXISTS (SELECT exchange_batch.day
FROM exchange_batch, exchange_batch AS found_by_batch
WHERE exchange_batch.source = :source_2 AND exchange_batch.kind != :kind_1 AND exchange_batch.status = :status_1 AND exchange_batch.day = finding_state.day AND exchange_batch.judged_at > finding_state.judged_at AND found_by_batch.source = finding_state.source AND found_by_batch.day = finding_state.day AND found_by_batch.judged_at = finding_state.judged_at AND exchange_batch.beginning = finding_state.beginning AND (exchange_batch.ordered_by = found_by_batch.ordered_by OR found_by_batch.ordered_by = :ordered_by_1 OR exchange_batch.ordered_by = :ordered_by_2))) AND NOT (EXISTS (SELECT exchange_batch.day
FROM exchange_batch
WHERE exchange_batch.source = finding_state.source AND exchange_batch.kind = :kind_2 AND exchange_batch.taken_at = finding_state.read_at AND exchange_batch.judged_at = finding_state.judged_at))) OR finding_state.[rule] IN (:rule_4_1, :rule_4_2, :rule_4_3, :rule_4_4, :rule_4_5, :rule_4_6, :rule_4_7, :rule_4_8, :rule_4_9, :rule_4_10, :rule_4_11, :rule_4_12, :rule_4_13, :rule_4_14, :rule_4_15, :rule_4_16, :rule_4_17, :rule_4_18, :rule_4_19, :rule_4_20, :rule_4_21, :rule_4_22, :rule_4_23, :rule_4_24, :rule_4_25) AND ((EXISTS (SELECT exchange_batch.day
FROM exchange_batch
WHERE exchange_batch.source = :source_2 AND exchange_batch.kind != :kind_1 AND exchange_batch.status = :status_1 AND exchange_batch.day = finding_state.day AND exchange_batch.judged_at > finding_state.judged_at)) AND NOT (EXISTS (SELECT exchange_batch.day
FROM exchange_batch
WHERE exchange_batch.source = finding_state.source AND exchange_batch.kind = :kind_3 AND exchange_batch.taken_at = finding_state.read_at AND exchange_batch.judged_at = finding_state.judged_at)) OR finding_state.read_at < :read_at_1 OR finding_state.read_at = :read_at_2 AND finding_state.judged_at < :judged_at_1 OR (EXISTS (SELECT refused.day
FROM exchange_batch AS refused
WHERE refused.source = finding_state.source AND refused.day = finding_state.day AND refused.judged_at = finding_state.judged_at AND refused.kind != :kind_4 AND (EXISTS (SELECT exchange_batch.day
FROM exchange_batch
WHERE exchange_batch.source = refused.source AND exchange_batch.kind != :kind_5 AND exchange_batch.status = :status_2 AND exchange_batch.mark_last IS NOT NULL AND (exchange_batch.taken_at > refused.taken_at OR exchange_batch.taken_at = refused.taken_at AND exchange_batch.judged_at > refused.judged_at) AND (exchange_batch.beginning > refused.beginning OR exchange_batch.beginning = refused.beginning AND (exchange_batch.ordered_by = refused.ordered_by OR refused.ordered_by = :ordered_by_3) AND exchange_batch.mark_last >= refused.mark_last OR refused.mark_last IS NULL AND (exchange_batch.ordered_by = refused.ordered_by OR refused.ordered_by = :ordered_by_3) AND exchange_batch.day >= refused.day))))) OR NOT (finding_state.[rule] IN (:rule_5_1, :rule_5_2, :rule_5_3, :rule_5_4, :rule_5_5, :rule_5_6, :rule_5_7, :rule_5_8, :rule_5_9, :rule_5_10, :rule_5_11, :rule_5_12, :rule_5_13, :rule_5_14, :rule_5_15) AND (EXISTS (SELECT exchange_batch.day
FROM exchange_batch
WHERE exchange_batch.source = finding_state.source AND exchange_batch.day = finding_state.day AND exchange_batch.judged_at = finding_state.judged_at AND exchange_batch.status = :status_3))) AND (finding_state.read_at < :read_at_3 OR finding_state.read_at = :read_at_4 AND finding_state.judged_at < :judged_at_2)));

UPDATE finding_state SET [open]=:open FROM finding_state, [#staged_closed] WHERE finding_state.source = [#staged_closed].source AND finding_state.[rule] = [#staged_closed].[rule] AND finding_state.element = [#staged_closed].element AND finding_state.subject = [#staged_closed].subject;

UPDATE exchange_batch SET seconds=:seconds WHERE exchange_batch.source = :source_1 AND exchange_batch.day = :day_1 AND exchange_batch.run = :run_1;

INSERT INTO [#staged_known] (record, fate) SELECT [#staged_arrival].record, CASE WHEN ([#staged_arrival].digest = claim.digest AND (:param_1 > claim.beginning OR claim.beginning = :param_1 AND ([#staged_arrival].observed_at > claim.observed_at OR [#staged_arrival].observed_at = claim.observed_at AND (:param_2 > claim.read_at OR claim.read_at = :param_2 AND (:param_3 > claim.judged_at OR claim.judged_at = :param_3 AND [#staged_arrival].digest > claim.digest))))) THEN :param_4 WHEN ([#staged_arrival].digest = claim.digest) THEN :param_5 WHEN ((:param_1 > claim.beginning OR claim.beginning = :param_1 AND ([#staged_arrival].observed_at > claim.observed_at OR [#staged_arrival].observed_at = claim.observed_at AND (:param_2 > claim.read_at OR claim.read_at = :param_2 AND (:param_3 > claim.judged_at OR claim.judged_at = :param_3 AND [#staged_arrival].digest > claim.digest)))) AND claim_history.record IS NOT NULL) THEN :param_6 WHEN (:param_1 > claim.beginning OR claim.beginning = :param_1 AND ([#staged_arrival].observed_at > claim.observed_at OR [#staged_arrival].observed_at = claim.observed_at AND (:param_2 > claim.read_at OR claim.read_at = :param_2 AND (:param_3 > claim.judged_at OR claim.judged_at = :param_3 AND [#staged_arrival].digest > claim.digest)))) THEN :param_7 WHEN (claim_history.record IS NOT NULL) THEN :param_8 ELSE :param_9 END AS anon_1
FROM [#staged_arrival] JOIN claim ON claim.record = [#staged_arrival].record AND claim.source = :source_1 LEFT OUTER JOIN claim_history ON claim_history.record = [#staged_arrival].record AND claim_history.source = :source_2 AND claim_history.digest = [#staged_arrival].digest;

SELECT [#staged_known].fate, count(*) AS count_1
FROM [#staged_known] GROUP BY [#staged_known].fate;

SELECT [#staged_arrival].record, CASE WHEN ([#staged_known].record IS NOT NULL OR [#staged_rival].record IS NOT NULL) THEN :param_1 ELSE :param_2 END AS anon_1
FROM [#staged_arrival] LEFT OUTER JOIN [#staged_known] ON [#staged_known].record = [#staged_arrival].record LEFT OUTER JOIN [#staged_rival] ON [#staged_rival].record = [#staged_arrival].record
WHERE [#staged_known].record IS NULL OR [#staged_known].fate IN (:fate_1_1, :fate_1_2, :fate_1_3);

UPDATE claim SET first_observed_at=[#staged_arrival].observed_at FROM claim, [#staged_arrival], [#staged_known] WHERE claim.source = :source_1 AND claim.record = [#staged_arrival].record AND claim.digest = [#staged_arrival].digest AND [#staged_known].record = [#staged_arrival].record AND [#staged_known].fate IN (:fate_1_1) AND [#staged_arrival].observed_at < claim.first_observed_at;

UPDATE claim SET source_updated_at=[#staged_arrival].source_updated_at, locator=[#staged_arrival].locator, batch=:batch, beginning=:beginning, observed_at=[#staged_arrival].observed_at, read_at=:read_at, judged_at=:judged_at, seen_at=:seen_at, absent_at=NULL FROM claim, [#staged_arrival], [#staged_known] WHERE claim.source = :source_1 AND claim.record = [#staged_arrival].record AND claim.digest = [#staged_arrival].digest AND [#staged_known].record = [#staged_arrival].record AND [#staged_known].fate IN (:fate_1_1) AND (:beginning > claim.beginning OR claim.beginning = :beginning AND ([#staged_arrival].observed_at > claim.observed_at OR [#staged_arrival].observed_at = claim.observed_at AND (:read_at > claim.read_at OR claim.read_at = :read_at AND (:judged_at > claim.judged_at OR claim.judged_at = :judged_at AND (:batch > claim.batch OR claim.batch = :batch AND [#staged_arrival].locator > claim.locator))))) AND :seen_at >= claim.seen_at;

UPDATE claim SET seen_at=:seen_at, absent_at=NULL FROM claim, [#staged_arrival], [#staged_known] WHERE claim.source = :source_1 AND claim.record = [#staged_arrival].record AND claim.digest = [#staged_arrival].digest AND [#staged_known].record = [#staged_arrival].record AND [#staged_known].fate IN (:fate_1_1) AND :seen_at > claim.seen_at;

UPDATE claim SET source_updated_at=[#staged_arrival].source_updated_at, locator=[#staged_arrival].locator, batch=:batch, beginning=:beginning, observed_at=[#staged_arrival].observed_at, read_at=:read_at, judged_at=:judged_at FROM claim, [#staged_arrival], [#staged_known] WHERE claim.source = :source_1 AND claim.record = [#staged_arrival].record AND claim.digest = [#staged_arrival].digest AND [#staged_known].record = [#staged_arrival].record AND [#staged_known].fate IN (:fate_1_1) AND (:beginning > claim.beginning OR claim.beginning = :beginning AND ([#staged_arrival].observed_at > claim.observed_at OR [#staged_arrival].observed_at = claim.observed_at AND (:read_at > claim.read_at OR claim.read_at = :read_at AND (:judged_at > claim.judged_at OR claim.judged_at = :judged_at AND (:batch > claim.batch OR claim.batch = :batch AND [#staged_arrival].locator > claim.locator)))));

INSERT INTO [#staged_touched] (record) SELECT [#staged_arrival].record
FROM [#staged_arrival];

UPDATE claim SET ended=CASE WHEN (claim.moved_to IS NOT NULL) THEN :param_1 WHEN (claim.absent_at IS NOT NULL AND coalesce(claim.ended = :ended_1, :coalesce_1) = 1) THEN :param_2 END FROM claim, [#staged_touched] WHERE claim.source = :source_1 AND claim.record = [#staged_touched].record AND coalesce(CASE WHEN (claim.moved_to IS NOT NULL) THEN :param_1 WHEN (claim.absent_at IS NOT NULL AND coalesce(claim.ended = :ended_1, :coalesce_1) = 1) THEN :param_2 END, :coalesce_2) != coalesce(claim.ended, :coalesce_3);

INSERT INTO [#staged_rival] (record) SELECT DISTINCT [#staged_parted].record
FROM [#staged_parted]
WHERE NOT (EXISTS (SELECT [#staged_rival].record
FROM [#staged_rival]
WHERE [#staged_rival].record = [#staged_parted].record)) AND (EXISTS (SELECT other.record
FROM claim AS other
WHERE other.record = [#staged_parted].record AND other.source != :source_1));

SELECT TOP 1 [#staged_rival].record
FROM [#staged_rival];

INSERT INTO [#staged_need] (record, source, face_digest) SELECT claim.record, claim.source, claim.face_digest
FROM claim
WHERE claim.wins = 1 AND claim.certificate_identifier IS NULL AND claim.record IN (SELECT [#staged_known].record
FROM [#staged_known]
WHERE [#staged_known].fate IN (:fate_1_1, :fate_1_2) UNION SELECT [#staged_rival].record
FROM [#staged_rival]);

SELECT TOP 1 [#staged_need].record
FROM [#staged_need];

UPDATE finding_state SET [open]=:open WHERE finding_state.source = :source_1 AND finding_state.[rule] = :rule_1 AND finding_state.[open] = 1 AND NOT (EXISTS (SELECT claim.record
FROM claim
WHERE claim.source = :source_2 AND claim.record = finding_state.subject AND claim.absent_at IS NOT NULL));

INSERT INTO claim_history (record, source, digest, certificate_name, certificate_type_name, certificate_type_code, certificate_number, certificate_identifier, certificate_issuing_authority_name, certificate_issuing_authority_code, certificate_issued_date, certificate_holder_name, certificate_holder_code, certificate_holder_type_name, certificate_holder_type_code, certificate_effective_date, certificate_expiring_date, certificate_signer, certificate_signed_time, certificate_signature_name, certificate_copy_creation_time, certificate_copy_creator, certificate_copy_cause, certificate_copy_expiring_time, certificate_status, certificate_area_code, certificate_holder_category, associated_certificate_identifier, identifier_version, face, source_updated_at, locator, batch, face_digest, first_observed_at, beginning, observed_at, read_at, judged_at, seen_at) SELECT claim.record, claim.source, claim.digest, claim.certificate_name, claim.certificate_type_name, claim.certificate_type_code, claim.certificate_number, claim.certificate_identifier, claim.certificate_issuing_authority_name, claim.certificate_issuing_authority_code, claim.certificate_issued_date, claim.certificate_holder_name, claim.certificate_holder_code, claim.certificate_holder_type_name, claim.certificate_holder_type_code, claim.certificate_effective_date, claim.certificate_expiring_date, claim.certificate_signer, claim.certificate_signed_time, claim.certificate_signature_name, claim.certificate_copy_creation_time, claim.certificate_copy_creator, claim.certificate_copy_cause, claim.certificate_copy_expiring_time, claim.certificate_status, claim.certificate_area_code, claim.certificate_holder_category, claim.associated_certificate_identifier, claim.identifier_version, claim.face, claim.source_updated_at, claim.locator, claim.batch, claim.face_digest, claim.first_observed_at, claim.beginning, claim.observed_at, claim.read_at, claim.judged_at, claim.seen_at
FROM claim, [#staged_known]
WHERE claim.source = :source_1 AND claim.record = [#staged_known].record AND [#staged_known].fate IN (:fate_1_1, :fate_1_2);

UPDATE claim SET digest=[#staged_licence].digest, certificate_name=[#staged_licence].certificate_name, certificate_type_name=[#staged_licence].certificate_type_name, certificate_type_code=[#staged_licence].certificate_type_code, certificate_number=[#staged_licence].certificate_number, certificate_identifier=CASE WHEN ([#staged_licence].identifier_version IS NULL) THEN [#staged_licence].certificate_identifier ELSE NULL END, certificate_issuing_authority_name=[#staged_licence].certificate_issuing_authority_name, certificate_issuing_authority_code=[#staged_licence].certificate_issuing_authority_code, certificate_issued_date=[#staged_licence].certificate_issued_date, certificate_holder_name=[#staged_licence].certificate_holder_name, certificate_holder_code=[#staged_licence].certificate_holder_code, certificate_holder_type_name=[#staged_licence].certificate_holder_type_name, certificate_holder_type_code=[#staged_licence].certificate_holder_type_code, certificate_effective_date=[#staged_licence].certificate_effective_date, certificate_expiring_date=[#staged_licence].certificate_expiring_date, certificate_signer=[#staged_licence].certificate_signer, certificate_signed_time=[#staged_licence].certificate_signed_time, certificate_signature_name=[#staged_licence].certificate_signature_name, certificate_copy_creation_time=[#staged_licence].certificate_copy_creation_time, certificate_copy_creator=[#staged_licence].certificate_copy_creator, certificate_copy_cause=[#staged_licence].certificate_copy_cause, certificate_copy_expiring_time=[#staged_licence].certificate_copy_expiring_time, certificate_status=[#staged_licence].certificate_status, certificate_area_code=[#staged_licence].certificate_area_code, certificate_holder_category=[#staged_licence].certificate_holder_category, associated_certificate_identifier=[#staged_licence].associated_certificate_identifier, identifier_version=NULL, face=[#staged_licence].face, source_updated_at=[#staged_licence].source_updated_at, locator=[#staged_licence].locator, batch=:batch, face_digest=[#staged_licence].face_digest, first_observed_at=[#staged_licence].observed_at, beginning=:beginning, observed_at=[#staged_licence].observed_at, read_at=:read_at, judged_at=:judged_at, seen_at=:seen_at, absent_at=NULL FROM claim, [#staged_known], [#staged_licence] WHERE claim.source = :source_1 AND claim.record = [#staged_known].record AND [#staged_known].fate IN (:fate_1_1, :fate_1_2) AND [#staged_licence].record = [#staged_known].record;

DELETE FROM [#staged_rival];

INSERT INTO [#staged_rival] (record) SELECT claim.record
FROM claim
WHERE claim.source = :source_1 AND (EXISTS (SELECT other.record
FROM claim AS other
WHERE other.record = claim.record AND other.source != claim.source));

UPDATE claim SET certificate_identifier=given.certificate_identifier, identifier_version=given.identifier_version FROM claim, [#staged_need], claim AS given WHERE claim.record = [#staged_need].record AND claim.source = [#staged_need].source AND given.record = [#staged_need].record AND given.face_digest = [#staged_need].face_digest AND given.identifier_version IS NOT NULL;

UPDATE claim SET certificate_identifier=claim_history.certificate_identifier, identifier_version=claim_history.identifier_version FROM claim, [#staged_need], claim_history WHERE claim.record = [#staged_need].record AND claim.source = [#staged_need].source AND claim_history.record = [#staged_need].record AND claim_history.face_digest = [#staged_need].face_digest AND claim_history.identifier_version IS NOT NULL;

SELECT claim.record, claim.source, claim.certificate_type_code, claim.certificate_issuing_authority_code, claim.certificate_number, (SELECT max(former.identifier_version) AS max_1
FROM claim AS former
WHERE former.record = claim.record) AS anon_1, (SELECT max(former.identifier_version) AS max_2
FROM claim_history AS former
WHERE former.record = claim.record) AS anon_2
FROM claim, [#staged_need]
WHERE claim.record = [#staged_need].record AND claim.source = [#staged_need].source AND claim.certificate_identifier IS NULL;

UPDATE claim SET certificate_identifier=[#staged_minted].certificate_identifier, identifier_version=[#staged_minted].version FROM claim, [#staged_minted] WHERE claim.record = [#staged_minted].record AND claim.source = [#staged_minted].source;

UPDATE claim SET certificate_identifier=claim_history.certificate_identifier, identifier_version=claim_history.identifier_version FROM claim, [#staged_known], claim_history WHERE claim.source = :source_1 AND claim.record = [#staged_known].record AND [#staged_known].fate IN (:fate_1_1) AND claim_history.record = claim.record AND claim_history.source = claim.source AND claim_history.digest = claim.digest AND claim_history.identifier_version IS NOT NULL;

UPDATE claim SET first_observed_at=claim_history.first_observed_at FROM claim, [#staged_known], claim_history WHERE claim.source = :source_1 AND claim.record = [#staged_known].record AND [#staged_known].fate IN (:fate_1_1) AND claim_history.record = claim.record AND claim_history.source = claim.source AND claim_history.digest = claim.digest AND claim_history.first_observed_at < claim.first_observed_at;

UPDATE claim SET seen_at=claim_history.seen_at FROM claim, [#staged_known], claim_history WHERE claim.source = :source_1 AND claim.record = [#staged_known].record AND [#staged_known].fate IN (:fate_1_1) AND claim_history.record = claim.record AND claim_history.source = claim.source AND claim_history.digest = claim.digest AND claim_history.seen_at > claim.seen_at;

DELETE FROM claim_history WHERE (EXISTS (SELECT [#staged_known].record
FROM [#staged_known]
WHERE claim_history.record = [#staged_known].record AND [#staged_known].fate IN (:fate_1_1))) AND claim_history.source = :source_1 AND (EXISTS (SELECT claim.record
FROM claim
WHERE claim_history.record = claim.record AND claim_history.source = claim.source AND claim_history.digest = claim.digest));

DELETE FROM coverage WHERE coverage.source = :source_1 AND coverage.first_day = :first_day_1;

UPDATE claim SET source_updated_at=[#staged_arrival].source_updated_at, locator=[#staged_arrival].locator, batch=:batch, beginning=:beginning, observed_at=[#staged_arrival].observed_at, read_at=:read_at, judged_at=:judged_at, seen_at=:seen_at FROM claim, [#staged_arrival], [#staged_known] WHERE claim.source = :source_1 AND claim.record = [#staged_arrival].record AND claim.digest = [#staged_arrival].digest AND [#staged_known].record = [#staged_arrival].record AND [#staged_known].fate IN (:fate_1_1) AND (:beginning > claim.beginning OR claim.beginning = :beginning AND ([#staged_arrival].observed_at > claim.observed_at OR [#staged_arrival].observed_at = claim.observed_at AND (:read_at > claim.read_at OR claim.read_at = :read_at AND (:judged_at > claim.judged_at OR claim.judged_at = :judged_at AND (:batch > claim.batch OR claim.batch = :batch AND [#staged_arrival].locator > claim.locator))))) AND :seen_at >= claim.seen_at;

UPDATE claim_history SET first_observed_at=[#staged_arrival].observed_at FROM claim_history, [#staged_arrival], [#staged_known] WHERE claim_history.source = :source_1 AND claim_history.record = [#staged_arrival].record AND claim_history.digest = [#staged_arrival].digest AND [#staged_known].record = [#staged_arrival].record AND [#staged_known].fate IN (:fate_1_1) AND [#staged_arrival].observed_at < claim_history.first_observed_at;

UPDATE claim_history SET source_updated_at=[#staged_arrival].source_updated_at, locator=[#staged_arrival].locator, batch=:batch, beginning=:beginning, observed_at=[#staged_arrival].observed_at, read_at=:read_at, judged_at=:judged_at, seen_at=:seen_at FROM claim_history, [#staged_arrival], [#staged_known] WHERE claim_history.source = :source_1 AND claim_history.record = [#staged_arrival].record AND claim_history.digest = [#staged_arrival].digest AND [#staged_known].record = [#staged_arrival].record AND [#staged_known].fate IN (:fate_1_1) AND (:beginning > claim_history.beginning OR claim_history.beginning = :beginning AND ([#staged_arrival].observed_at > claim_history.observed_at OR [#staged_arrival].observed_at = claim_history.observed_at AND (:read_at > claim_history.read_at OR claim_history.read_at = :read_at AND (:judged_at > claim_history.judged_at OR claim_history.judged_at = :judged_at AND (:batch > claim_history.batch OR claim_history.batch = :batch AND [#staged_arrival].locator > claim_history.locator))))) AND :seen_at >= claim_history.seen_at;

UPDATE claim_history SET seen_at=:seen_at FROM claim_history, [#staged_arrival], [#staged_known] WHERE claim_history.source = :source_1 AND claim_history.record = [#staged_arrival].record AND claim_history.digest = [#staged_arrival].digest AND [#staged_known].record = [#staged_arrival].record AND [#staged_known].fate IN (:fate_1_1) AND :seen_at > claim_history.seen_at;

UPDATE claim_history SET source_updated_at=[#staged_arrival].source_updated_at, locator=[#staged_arrival].locator, batch=:batch, beginning=:beginning, observed_at=[#staged_arrival].observed_at, read_at=:read_at, judged_at=:judged_at FROM claim_history, [#staged_arrival], [#staged_known] WHERE claim_history.source = :source_1 AND claim_history.record = [#staged_arrival].record AND claim_history.digest = [#staged_arrival].digest AND [#staged_known].record = [#staged_arrival].record AND [#staged_known].fate IN (:fate_1_1) AND (:beginning > claim_history.beginning OR claim_history.beginning = :beginning AND ([#staged_arrival].observed_at > claim_history.observed_at OR [#staged_arrival].observed_at = claim_history.observed_at AND (:read_at > claim_history.read_at OR claim_history.read_at = :read_at AND (:judged_at > claim_history.judged_at OR claim_history.judged_at = :judged_at AND (:batch > claim_history.batch OR claim_history.batch = :batch AND [#staged_arrival].locator > claim_history.locator)))));

INSERT INTO claim_history (record, source, digest, certificate_name, certificate_type_name, certificate_type_code, certificate_number, certificate_identifier, certificate_issuing_authority_name, certificate_issuing_authority_code, certificate_issued_date, certificate_holder_name, certificate_holder_code, certificate_holder_type_name, certificate_holder_type_code, certificate_effective_date, certificate_expiring_date, certificate_signer, certificate_signed_time, certificate_signature_name, certificate_copy_creation_time, certificate_copy_creator, certificate_copy_cause, certificate_copy_expiring_time, certificate_status, certificate_area_code, certificate_holder_category, associated_certificate_identifier, identifier_version, face, source_updated_at, locator, batch, face_digest, first_observed_at, beginning, observed_at, read_at, judged_at, seen_at) SELECT [#staged_licence].record, :param_1 AS anon_1, [#staged_licence].digest, [#staged_licence].certificate_name, [#staged_licence].certificate_type_name, [#staged_licence].certificate_type_code, [#staged_licence].certificate_number, CASE WHEN ([#staged_licence].identifier_version IS NULL) THEN [#staged_licence].certificate_identifier ELSE NULL END AS anon_2, [#staged_licence].certificate_issuing_authority_name, [#staged_licence].certificate_issuing_authority_code, [#staged_licence].certificate_issued_date, [#staged_licence].certificate_holder_name, [#staged_licence].certificate_holder_code, [#staged_licence].certificate_holder_type_name, [#staged_licence].certificate_holder_type_code, [#staged_licence].certificate_effective_date, [#staged_licence].certificate_expiring_date, [#staged_licence].certificate_signer, [#staged_licence].certificate_signed_time, [#staged_licence].certificate_signature_name, [#staged_licence].certificate_copy_creation_time, [#staged_licence].certificate_copy_creator, [#staged_licence].certificate_copy_cause, [#staged_licence].certificate_copy_expiring_time, [#staged_licence].certificate_status, [#staged_licence].certificate_area_code, [#staged_licence].certificate_holder_category, [#staged_licence].associated_certificate_identifier, NULL AS anon_3, [#staged_licence].face, [#staged_licence].source_updated_at, [#staged_licence].locator, :param_2 AS anon_4, [#staged_licence].face_digest, [#staged_licence].observed_at, :param_3 AS anon_5, [#staged_licence].observed_at AS observed_at__1, :param_4 AS anon_6, :param_5 AS anon_7, :param_6 AS anon_8
FROM [#staged_licence], [#staged_known]
WHERE [#staged_licence].record = [#staged_known].record AND [#staged_known].fate IN (:fate_1_1);

UPDATE claim SET absent_at=:absent_at FROM claim, [#staged_arrival] WHERE claim.source = :source_1 AND claim.record = [#staged_arrival].record AND NOT (EXISTS (SELECT [#staged_known].record
FROM [#staged_known]
WHERE [#staged_known].record = claim.record)) AND NOT (claim.seen_at > :seen_at_1 OR claim.seen_at = :seen_at_2 AND claim.judged_at >= :judged_at_1 OR (EXISTS (SELECT claim_history.record
FROM claim_history
WHERE claim_history.record = claim.record AND claim_history.source = claim.source AND (claim_history.seen_at > :seen_at_3 OR claim_history.seen_at = :seen_at_4 AND claim_history.judged_at >= :judged_at_2))) OR (EXISTS (SELECT sighting.record
FROM sighting
WHERE sighting.record = claim.record AND sighting.source = claim.source AND sighting.seen_at >= :seen_at_5)));

UPDATE claim SET seen_at=:seen_at FROM claim, [#staged_arrival], [#staged_known] WHERE claim.source = :source_1 AND claim.record = [#staged_arrival].record AND claim.digest = [#staged_arrival].digest AND [#staged_known].record = [#staged_arrival].record AND [#staged_known].fate IN (:fate_1_1) AND :seen_at > claim.seen_at;

INSERT INTO [#staged_rival] (record) SELECT DISTINCT [#staged_arrival].record
FROM [#staged_arrival] JOIN claim ON claim.record = [#staged_arrival].record AND claim.source IN (:source_1_1);

INSERT INTO claim (record, source, digest, certificate_name, certificate_type_name, certificate_type_code, certificate_number, certificate_identifier, certificate_issuing_authority_name, certificate_issuing_authority_code, certificate_issued_date, certificate_holder_name, certificate_holder_code, certificate_holder_type_name, certificate_holder_type_code, certificate_effective_date, certificate_expiring_date, certificate_signer, certificate_signed_time, certificate_signature_name, certificate_copy_creation_time, certificate_copy_creator, certificate_copy_cause, certificate_copy_expiring_time, certificate_status, certificate_area_code, certificate_holder_category, associated_certificate_identifier, identifier_version, face, source_updated_at, locator, batch, face_digest, first_observed_at, beginning, observed_at, read_at, judged_at, seen_at, wins, absent_at, ended, moved_to) SELECT [#staged_licence].record, :param_1 AS anon_1, [#staged_licence].digest, [#staged_licence].certificate_name, [#staged_licence].certificate_type_name, [#staged_licence].certificate_type_code, [#staged_licence].certificate_number, CASE WHEN ([#staged_licence].identifier_version IS NULL) THEN [#staged_licence].certificate_identifier ELSE NULL END AS anon_2, [#staged_licence].certificate_issuing_authority_name, [#staged_licence].certificate_issuing_authority_code, [#staged_licence].certificate_issued_date, [#staged_licence].certificate_holder_name, [#staged_licence].certificate_holder_code, [#staged_licence].certificate_holder_type_name, [#staged_licence].certificate_holder_type_code, [#staged_licence].certificate_effective_date, [#staged_licence].certificate_expiring_date, [#staged_licence].certificate_signer, [#staged_licence].certificate_signed_time, [#staged_licence].certificate_signature_name, [#staged_licence].certificate_copy_creation_time, [#staged_licence].certificate_copy_creator, [#staged_licence].certificate_copy_cause, [#staged_licence].certificate_copy_expiring_time, [#staged_licence].certificate_status, [#staged_licence].certificate_area_code, [#staged_licence].certificate_holder_category, [#staged_licence].associated_certificate_identifier, NULL AS anon_3, [#staged_licence].face, [#staged_licence].source_updated_at, [#staged_licence].locator, :param_2 AS anon_4, [#staged_licence].face_digest, [#staged_licence].observed_at, :param_3 AS anon_5, [#staged_licence].observed_at AS observed_at__1, :param_4 AS anon_6, :param_5 AS anon_7, :param_6 AS anon_8, 0 AS anon_9, NULL AS anon__1, NULL AS anon__2, NULL AS anon__3
FROM [#staged_licence] LEFT OUTER JOIN [#staged_known] ON [#staged_known].record = [#staged_licence].record
WHERE [#staged_known].record IS NULL;

INSERT INTO [#staged_winner] (record, source, won) SELECT anon_1.record, anon_1.source, anon_1.wins
FROM (SELECT claim.record AS record, claim.source AS source, claim.wins AS wins, row_number() OVER (PARTITION BY claim.record ORDER BY CASE WHEN (claim.moved_to IS NULL) THEN :param_1 ELSE :param_2 END DESC, claimant.precedence DESC, claim.observed_at DESC, claim.read_at DESC, claim.judged_at DESC, claim.digest DESC, claim.source DESC) AS place
FROM claim JOIN [#staged_rival] ON [#staged_rival].record = claim.record JOIN claimant ON claimant.source = claim.source AND claimant.certificate_type_code = claim.certificate_type_code) AS anon_1
WHERE anon_1.place = :place_1;

UPDATE claim SET wins=0 FROM claim, [#staged_winner] WHERE claim.record = [#staged_winner].record AND claim.source != [#staged_winner].source AND claim.wins != 0;

UPDATE claim SET wins=1 FROM claim, [#staged_winner] WHERE claim.record = [#staged_winner].record AND claim.source = [#staged_winner].source AND claim.wins != 1;

INSERT INTO [#staged_looked] (subject) SELECT [#staged_rival].record
FROM [#staged_rival]
WHERE (EXISTS (SELECT [#staged_arrival].record
FROM [#staged_arrival]
WHERE [#staged_arrival].record = [#staged_rival].record)) AND NOT (EXISTS (SELECT [#staged_known].record
FROM [#staged_known]
WHERE [#staged_known].record = [#staged_rival].record AND [#staged_known].fate IN (:fate_1_1, :fate_1_2, :fate_1_3, :fate_1_4)));

INSERT INTO [#staged_looked] (subject) SELECT [#staged_touched].record
FROM [#staged_touched]
WHERE EXISTS (SELECT claim.record
FROM claim
WHERE claim.record = [#staged_touched].record AND claim.ended IS NOT NULL);

INSERT INTO [#staged_looked] (subject) SELECT [#staged_reopened].record
FROM [#staged_reopened];

INSERT INTO [#staged_looked] (subject) SELECT [#staged_seen].record
FROM [#staged_seen];

INSERT INTO [#staged_looked] (subject) SELECT claim.record
FROM claim
WHERE claim.source = :source_1 AND claim.ended = :ended_1;

INSERT INTO [#staged_looked] (subject) SELECT finding_state.subject
FROM finding_state, claim
WHERE finding_state.[rule] = :rule_1 AND finding_state.[open] = 1 AND finding_state.subject = claim.record AND claim.source = :source_1;

SELECT claim.source AS source, claim.record AS subject, claim.observed_at AS observed_at, claim.read_at AS read_at, claim.judged_at AS judged_at, claim.locator AS locator, claim.certificate_number AS certificate_number, :param_1 AS value, (SELECT min(further.source) AS min_1
FROM claim AS further
WHERE further.record = claim.record AND further.source != claim.source) AS expected, claim.beginning AS beginning
FROM claim
WHERE claim.record IN (SELECT [#staged_looked].subject
FROM [#staged_looked]) AND (EXISTS (SELECT other.record
FROM claim AS other
WHERE other.record = claim.record AND other.source != claim.source AND (claim.face != other.face AND claim.face != :face_1 AND other.face != :face_2 OR CASE WHEN (claim.ended IN (:ended_1_1, :ended_1_2)) THEN :param_2 ELSE claim.certificate_status END != CASE WHEN (other.ended IN (:ended_2_1, :ended_2_2)) THEN :param_3 ELSE other.certificate_status END OR claim.certificate_issued_date != other.certificate_issued_date OR claim.certificate_holder_name != other.certificate_holder_name OR claim.certificate_holder_code != other.certificate_holder_code OR claim.certificate_holder_type_code != other.certificate_holder_type_code OR claim.certificate_effective_date != other.certificate_effective_date OR claim.certificate_expiring_date != other.certificate_expiring_date OR claim.certificate_signer != other.certificate_signer OR claim.certificate_signed_time != other.certificate_signed_time OR claim.certificate_signature_name != other.certificate_signature_name OR claim.certificate_copy_creation_time != other.certificate_copy_creation_time OR claim.certificate_copy_creator != other.certificate_copy_creator OR claim.certificate_copy_cause != other.certificate_copy_cause OR claim.certificate_copy_expiring_time != other.certificate_copy_expiring_time OR claim.certificate_area_code != other.certificate_area_code OR claim.certificate_holder_category != other.certificate_holder_category OR claim.associated_certificate_identifier != other.associated_certificate_identifier)));

UPDATE finding_state SET [open]=:open WHERE finding_state.[rule] = :rule_1 AND finding_state.subject IN (SELECT [#staged_looked].subject
FROM [#staged_looked]) AND finding_state.[open] = 1 AND NOT (EXISTS (SELECT [#staged_drawn].[rule]
FROM [#staged_drawn]
WHERE finding_state.source = [#staged_drawn].source AND finding_state.[rule] = [#staged_drawn].[rule] AND finding_state.element = [#staged_drawn].element AND finding_state.subject = [#staged_drawn].subject));

DELETE FROM finding_sight WHERE finding_sight.[rule] = :rule_1 AND finding_sight.subject IN (SELECT [#staged_looked].subject
FROM [#staged_looked]) AND finding_sight.day = :day_1;

UPDATE finding_state SET last_day=:last_day FROM finding_state, [#staged_drawn] WHERE finding_state.source = [#staged_drawn].source AND finding_state.[rule] = [#staged_drawn].[rule] AND finding_state.element = [#staged_drawn].element AND finding_state.subject = [#staged_drawn].subject AND [#staged_drawn].listed IS NULL AND finding_state.last_day < :last_day_1;

UPDATE finding_state SET first_day=:first_day FROM finding_state, [#staged_drawn] WHERE finding_state.source = [#staged_drawn].source AND finding_state.[rule] = [#staged_drawn].[rule] AND finding_state.element = [#staged_drawn].element AND finding_state.subject = [#staged_drawn].subject AND [#staged_drawn].listed IS NULL AND finding_state.first_day > :first_day_1;

UPDATE finding_state SET day=:day FROM finding_state, [#staged_drawn] WHERE finding_state.source = [#staged_drawn].source AND finding_state.[rule] = [#staged_drawn].[rule] AND finding_state.element = [#staged_drawn].element AND finding_state.subject = [#staged_drawn].subject AND [#staged_drawn].listed IS NULL;

UPDATE finding_state SET locator=[#staged_drawn].locator, certificate_number=[#staged_drawn].certificate_number, value=[#staged_drawn].value, expected=[#staged_drawn].expected, beginning=[#staged_drawn].beginning, observed_at=[#staged_drawn].observed_at, read_at=[#staged_drawn].read_at, judged_at=[#staged_drawn].judged_at, [open]=1 FROM finding_state, [#staged_drawn] WHERE finding_state.source = [#staged_drawn].source AND finding_state.[rule] = [#staged_drawn].[rule] AND finding_state.element = [#staged_drawn].element AND finding_state.subject = [#staged_drawn].subject;

INSERT INTO finding_state (source, [rule], element, subject, locator, certificate_number, value, expected, beginning, observed_at, read_at, judged_at, day, first_day, last_day, [open]) SELECT [#staged_drawn].source, [#staged_drawn].[rule], [#staged_drawn].element, [#staged_drawn].subject, [#staged_drawn].locator, [#staged_drawn].certificate_number, [#staged_drawn].value, [#staged_drawn].expected, [#staged_drawn].beginning, [#staged_drawn].observed_at, [#staged_drawn].read_at, [#staged_drawn].judged_at, [#staged_drawn].day, [#staged_drawn].day AS day__1, [#staged_drawn].day AS day__2, 1 AS anon_1
FROM [#staged_drawn]
WHERE NOT (EXISTS (SELECT finding_state.[rule]
FROM finding_state
WHERE finding_state.source = [#staged_drawn].source AND finding_state.[rule] = [#staged_drawn].[rule] AND finding_state.element = [#staged_drawn].element AND finding_state.subject = [#staged_drawn].subject));

INSERT INTO [#staged_reopened] (record) SELECT claim.record
FROM claim, [#staged_touched]
WHERE claim.source = :source_1 AND claim.record = [#staged_touched].record AND claim.ended IS NOT NULL;
