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
	observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	wins BIT NOT NULL,
	withdrawn BIT NOT NULL,
	PRIMARY KEY (record, source)
);

CREATE INDEX claim_by_identifier ON claim (certificate_identifier);

CREATE INDEX claim_by_number ON claim (certificate_number);

CREATE INDEX claim_by_place ON claim (locator);

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
	observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	PRIMARY KEY (record, source, digest)
);

CREATE INDEX claim_history_by_identifier ON claim_history (certificate_identifier);

CREATE INDEX claim_history_by_number ON claim_history (certificate_number);

CREATE INDEX claim_history_by_place ON claim_history (locator);

CREATE TABLE claimant (
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_type_code NVARCHAR(21) COLLATE Latin1_General_100_BIN2 NOT NULL,
	precedence INTEGER NOT NULL,
	gives_identifiers BIT NOT NULL,
	PRIMARY KEY (source, certificate_type_code)
);

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
	counted INTEGER NULL,
	content NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	mark_after BIGINT NULL,
	mark_last BIGINT NULL,
	verdict_digest NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT '',
	reason NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
	failing NVARCHAR(max) NOT NULL,
	seconds DOUBLE PRECISION NOT NULL,
	PRIMARY KEY (source, day, run)
);

CREATE TABLE exchange_lock (
	name NVARCHAR(160) COLLATE Latin1_General_100_BIN2 NOT NULL,
	PRIMARY KEY (name)
);

CREATE TABLE finding (
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	subject NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
	[rule] NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
	element NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	value NVARCHAR(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
	expected NVARCHAR(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
	observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	platform_holds BIT NOT NULL,
	first_day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
	last_day NVARCHAR(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
	[open] BIT NOT NULL,
	PRIMARY KEY (source, subject, [rule], element)
);

CREATE TABLE finding_seen (
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
	observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	platform_holds BIT NOT NULL,
	PRIMARY KEY (id)
);

CREATE INDEX finding_seen_by_batch ON finding_seen (source, day);

CREATE INDEX finding_seen_by_finder ON finding_seen (found_by);

CREATE INDEX finding_seen_by_subject ON finding_seen (subject);

CREATE TABLE sighting (
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	record NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NOT NULL,
	seen_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NOT NULL,
	locator NVARCHAR(512) COLLATE Latin1_General_100_BIN2 NOT NULL,
	certificate_number NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
	PRIMARY KEY (source, record)
);

-- view licence
SELECT claim.record AS record, claim.certificate_name AS certificate_name, claim.certificate_type_name AS certificate_type_name, claim.certificate_type_code AS certificate_type_code, claim.certificate_number AS certificate_number, claim.certificate_identifier AS certificate_identifier, claim.certificate_issuing_authority_name AS certificate_issuing_authority_name, claim.certificate_issuing_authority_code AS certificate_issuing_authority_code, claim.certificate_issued_date AS certificate_issued_date, claim.certificate_holder_name AS certificate_holder_name, claim.certificate_holder_code AS certificate_holder_code, claim.certificate_holder_type_name AS certificate_holder_type_name, claim.certificate_holder_type_code AS certificate_holder_type_code, claim.certificate_effective_date AS certificate_effective_date, claim.certificate_expiring_date AS certificate_expiring_date, claim.certificate_signer AS certificate_signer, claim.certificate_signed_time AS certificate_signed_time, claim.certificate_signature_name AS certificate_signature_name, claim.certificate_copy_creation_time AS certificate_copy_creation_time, claim.certificate_copy_creator AS certificate_copy_creator, claim.certificate_copy_cause AS certificate_copy_cause, claim.certificate_copy_expiring_time AS certificate_copy_expiring_time, CASE WHEN claim.withdrawn THEN 'CANCELLED' ELSE claim.certificate_status END AS certificate_status, claim.certificate_area_code AS certificate_area_code, claim.certificate_holder_category AS certificate_holder_category, claim.associated_certificate_identifier AS associated_certificate_identifier, claim.face AS face, claim.source_updated_at AS source_updated_at, claim.locator AS locator, claim.batch AS batch, claim.digest AS digest, claim.face_digest AS face_digest, claim.source AS source, claim.observed_at AS observed_at, claim.judged_at AS judged_at 
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
	observed_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	judged_at NVARCHAR(27) COLLATE Latin1_General_100_BIN2 NULL,
	platform_holds BIT NULL
);

CREATE TABLE [#staged_closed] (
	source NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NULL,
	subject NVARCHAR(32) COLLATE Latin1_General_100_BIN2 NULL,
	[rule] NVARCHAR(40) COLLATE Latin1_General_100_BIN2 NULL,
	element NVARCHAR(128) COLLATE Latin1_General_100_BIN2 NULL
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

SELECT claimant.source, claimant.certificate_type_code
FROM claimant
WHERE claimant.certificate_type_code IN (:certificate_type_code_1_1);

SELECT TOP 1 claimant.source
FROM claimant
WHERE claimant.gives_identifiers = 1;

UPDATE claimant SET precedence=:precedence WHERE claimant.source = :source_1 AND claimant.precedence != :precedence_1;

INSERT INTO claimant (source, certificate_type_code, precedence, gives_identifiers) VALUES (:source, :certificate_type_code, :precedence, :gives_identifiers);

SELECT :param_1 AS source, [#staged_licence].record AS subject, [#staged_licence].observed_at AS observed_at, :param_2 AS judged_at, [#staged_licence].locator AS locator, [#staged_licence].certificate_number AS certificate_number, :param_3 AS expected
FROM [#staged_licence], [#staged_known]
WHERE [#staged_licence].record = [#staged_known].record AND [#staged_known].fate = :fate_1;

SELECT TOP 1 [#staged_rival].record
FROM [#staged_rival];

SELECT TOP 1 exchange_batch.day, exchange_batch.taken_at, exchange_batch.judged_at
FROM exchange_batch
WHERE exchange_batch.source = :source_1 AND exchange_batch.kind = :kind_1 AND exchange_batch.status = :status_1 ORDER BY exchange_batch.taken_at DESC, exchange_batch.judged_at DESC;

SELECT max(exchange_batch.run) AS max_1
FROM exchange_batch
WHERE exchange_batch.source = :source_1 AND exchange_batch.day = :day_1;

INSERT INTO exchange_batch (source, day, run, status, kind, taken_at, judged_at, delivered_at, [read], left_out, extracted, accepted, held, duplicates, refused, inserted, updated, unchanged, stale, without_time, future_time, vanished, counted, content, mark_after, mark_last, verdict_digest, reason, failing, seconds) VALUES (:source, :day, :run, :status, :kind, :taken_at, :judged_at, :delivered_at, :read, :left_out, :extracted, :accepted, :held, :duplicates, :refused, :inserted, :updated, :unchanged, :stale, :without_time, :future_time, :vanished, :counted, :content, :mark_after, :mark_last, :verdict_digest, :reason, :failing, :seconds);

INSERT INTO [#staged_seen] (record, locator, certificate_number) SELECT [#staged_sighting].record, min([#staged_sighting].locator) AS min_1, min([#staged_sighting].certificate_number) AS min_2
FROM [#staged_sighting] GROUP BY [#staged_sighting].record;

UPDATE sighting SET seen_at=:seen_at WHERE sighting.source = :source_1 AND sighting.seen_at = :seen_at_1 AND NOT (EXISTS (SELECT [#staged_seen].record
FROM [#staged_seen]
WHERE [#staged_seen].record = sighting.record));

UPDATE sighting SET seen_at=:seen_at, locator=[#staged_seen].locator, certificate_number=[#staged_seen].certificate_number FROM sighting, [#staged_seen] WHERE sighting.source = :source_1 AND sighting.record = [#staged_seen].record AND (sighting.seen_at != :seen_at_1 OR sighting.locator != [#staged_seen].locator OR sighting.certificate_number != [#staged_seen].certificate_number);

INSERT INTO sighting (source, record, seen_at, locator, certificate_number) SELECT :param_1 AS anon_1, [#staged_seen].record, :param_2 AS anon_2, [#staged_seen].locator, [#staged_seen].certificate_number
FROM [#staged_seen]
WHERE NOT (EXISTS (SELECT sighting.record
FROM sighting
WHERE sighting.source = :source_1 AND sighting.record = [#staged_seen].record));

DELETE FROM finding_seen WHERE finding_seen.source = :source_1 AND finding_seen.day = :day_1 AND finding_seen.[rule] = :rule_1;

UPDATE claim SET withdrawn=:withdrawn WHERE claim.source = :source_1 AND claim.withdrawn = 1;

UPDATE finding SET [open]=:open WHERE finding.source = :source_1 AND finding.[rule] = :rule_1 AND finding.[open] = 1;

SELECT :param_1 AS source, sighting.record AS subject, :param_2 AS observed_at, :param_3 AS judged_at, sighting.locator AS locator, sighting.certificate_number AS certificate_number, :param_4 AS expected
FROM sighting
WHERE sighting.source = :source_1 AND sighting.seen_at < :seen_at_1 AND (EXISTS (SELECT claim.record
FROM claim
WHERE claim.record = sighting.record AND claim.source = sighting.source));

UPDATE exchange_batch SET vanished=:vanished WHERE exchange_batch.source = :source_1 AND exchange_batch.day = :day_1 AND exchange_batch.run = :run_1;

DELETE FROM finding_seen WHERE finding_seen.found_by = :found_by_1 AND (finding_seen.[rule] NOT IN (:rule_1_1, :rule_1_2, :rule_1_3));

INSERT INTO finding_seen (source, day, found_by, [rule], element, subject, locator, certificate_number, value, expected, observed_at, judged_at, platform_holds) SELECT [#staged_finding].source, [#staged_finding].day, [#staged_finding].found_by, [#staged_finding].[rule], [#staged_finding].element, [#staged_finding].subject, [#staged_finding].locator, [#staged_finding].certificate_number, [#staged_finding].value, [#staged_finding].expected, [#staged_finding].observed_at, [#staged_finding].judged_at, CASE WHEN (EXISTS (SELECT claim.record
FROM claim
WHERE claim.record = [#staged_finding].subject)) THEN 1 ELSE 0 END AS anon_1
FROM [#staged_finding];

UPDATE finding SET first_day=anon_1.first_day FROM finding, (SELECT [#staged_finding].source AS source, [#staged_finding].[rule] AS [rule], [#staged_finding].element AS element, [#staged_finding].subject AS subject, [#staged_finding].locator AS locator, [#staged_finding].certificate_number AS certificate_number, [#staged_finding].value AS value, [#staged_finding].expected AS expected, [#staged_finding].observed_at AS observed_at, [#staged_finding].judged_at AS judged_at, CASE WHEN (EXISTS (SELECT claim.record
FROM claim
WHERE claim.record = [#staged_finding].subject)) THEN 1 ELSE 0 END AS platform_holds, [#staged_finding].day AS first_day, [#staged_finding].day AS last_day, row_number() OVER (PARTITION BY [#staged_finding].source, [#staged_finding].[rule], [#staged_finding].element, [#staged_finding].subject ORDER BY [#staged_finding].observed_at DESC, [#staged_finding].judged_at DESC, [#staged_finding].locator) AS place
FROM [#staged_finding]) AS anon_1 WHERE anon_1.place = :place_1 AND finding.source = anon_1.source AND finding.[rule] = anon_1.[rule] AND finding.element = anon_1.element AND finding.subject = anon_1.subject AND anon_1.first_day < finding.first_day;

UPDATE finding SET last_day=anon_1.last_day FROM finding, (SELECT [#staged_finding].source AS source, [#staged_finding].[rule] AS [rule], [#staged_finding].element AS element, [#staged_finding].subject AS subject, [#staged_finding].locator AS locator, [#staged_finding].certificate_number AS certificate_number, [#staged_finding].value AS value, [#staged_finding].expected AS expected, [#staged_finding].observed_at AS observed_at, [#staged_finding].judged_at AS judged_at, CASE WHEN (EXISTS (SELECT claim.record
FROM claim
WHERE claim.record = [#staged_finding].subject)) THEN 1 ELSE 0 END AS platform_holds, [#staged_finding].day AS first_day, [#staged_finding].day AS last_day, row_number() OVER (PARTITION BY [#staged_finding].source, [#staged_finding].[rule], [#staged_finding].element, [#staged_finding].subject ORDER BY [#staged_finding].observed_at DESC, [#staged_finding].judged_at DESC, [#staged_finding].locator) AS place
FROM [#staged_finding]) AS anon_1 WHERE anon_1.place = :place_1 AND finding.source = anon_1.source AND finding.[rule] = anon_1.[rule] AND finding.element = anon_1.element AND finding.subject = anon_1.subject AND anon_1.last_day > finding.last_day;

UPDATE finding SET locator=anon_1.locator, certificate_number=anon_1.certificate_number, value=anon_1.value, expected=anon_1.expected, observed_at=anon_1.observed_at, judged_at=anon_1.judged_at, platform_holds=anon_1.platform_holds, [open]=1 FROM finding, (SELECT [#staged_finding].source AS source, [#staged_finding].[rule] AS [rule], [#staged_finding].element AS element, [#staged_finding].subject AS subject, [#staged_finding].locator AS locator, [#staged_finding].certificate_number AS certificate_number, [#staged_finding].value AS value, [#staged_finding].expected AS expected, [#staged_finding].observed_at AS observed_at, [#staged_finding].judged_at AS judged_at, CASE WHEN (EXISTS (SELECT claim.record
FROM claim
WHERE claim.record = [#staged_finding].subject)) THEN 1 ELSE 0 END AS platform_holds, [#staged_finding].day AS first_day, [#staged_finding].day AS last_day, row_number() OVER (PARTITION BY [#staged_finding].source, [#staged_finding].[rule], [#staged_finding].element, [#staged_finding].subject ORDER BY [#staged_finding].observed_at DESC, [#staged_finding].judged_at DESC, [#staged_finding].locator) AS place
FROM [#staged_finding]) AS anon_1 WHERE anon_1.place = :place_1 AND finding.source = anon_1.source AND finding.[rule] = anon_1.[rule] AND finding.element = anon_1.element AND finding.subject = anon_1.subject AND NOT (finding.observed_at > anon_1.observed_at OR finding.observed_at = anon_1.observed_at AND finding.judged_at > anon_1.judged_at);

INSERT INTO finding (source, [rule], element, subject, locator, certificate_number, value, expected, observed_at, judged_at, platform_holds, first_day, last_day, [open]) SELECT anon_1.source, anon_1.[rule], anon_1.element, anon_1.subject, anon_1.locator, anon_1.certificate_number, anon_1.value, anon_1.expected, anon_1.observed_at, anon_1.judged_at, anon_1.platform_holds, anon_1.first_day, anon_1.last_day, 1 AS anon_2
FROM (SELECT [#staged_finding].source AS source, [#staged_finding].[rule] AS [rule], [#staged_finding].element AS element, [#staged_finding].subject AS subject, [#staged_finding].locator AS locator, [#staged_finding].certificate_number AS certificate_number, [#staged_finding].value AS value, [#staged_finding].expected AS expected, [#staged_finding].observed_at AS observed_at, [#staged_finding].judged_at AS judged_at, CASE WHEN (EXISTS (SELECT claim.record
FROM claim
WHERE claim.record = [#staged_finding].subject)) THEN 1 ELSE 0 END AS platform_holds, [#staged_finding].day AS first_day, [#staged_finding].day AS last_day, row_number() OVER (PARTITION BY [#staged_finding].source, [#staged_finding].[rule], [#staged_finding].element, [#staged_finding].subject ORDER BY [#staged_finding].observed_at DESC, [#staged_finding].judged_at DESC, [#staged_finding].locator) AS place
FROM [#staged_finding]) AS anon_1
WHERE anon_1.place = :place_1 AND NOT (EXISTS (SELECT finding.[rule]
FROM finding
WHERE finding.source = anon_1.source AND finding.[rule] = anon_1.[rule] AND finding.element = anon_1.element AND finding.subject = anon_1.subject));

SELECT count(*) AS count_1
FROM [#staged_finding];

INSERT INTO [#staged_closed] (source, [rule], element, subject) SELECT finding.source, finding.[rule], finding.element, finding.subject
FROM finding
WHERE finding.source = :source_1 AND finding.[open] = 1 AND (finding.[rule] NOT IN (:rule_1_1, :rule_1_2)) AND ((finding.[rule] NOT IN (:rule_2_1, :rule_2_2, :rule_2_3, :rule_2_4, :rule_2_5, :rule_2_6, :rule_2_7, :rule_2_8, :rule_2_9, :rule_2_10, :rule_2_11, :rule_2_12, :rule_2_13, :rule_2_14, :rule_2_15, :rule_2_16, :rule_2_17)) AND ((EXISTS (SELECT claim.record
FROM claim
WHERE claim.source = finding.source AND claim.record = finding.subject AND (claim.observed_at > finding.observed_at OR claim.observed_at = finding.observed_at AND claim.judged_at > finding.judged_at))) OR (EXISTS (SELECT claim.record
FROM claim
WHERE claim.source = finding.source AND claim.locator = finding.locator AND claim.observed_at > finding.observed_at)) OR (EXISTS (SELECT claim_history.record
FROM claim_history
WHERE claim_history.source = finding.source AND claim_history.locator = finding.locator AND claim_history.observed_at > finding.observed_at)) OR (EXISTS (SELECT later.[rule]
FROM finding AS later
WHERE later.source = finding.source AND later.subject = finding.subject AND (later.observed_at > finding.observed_at OR later.observed_at = finding.observed_at AND later.judged_at > finding.judged_at))) OR (EXISTS (SELECT exchange_batch.day
FROM exchange_batch
WHERE exchange_batch.source = finding.source AND exchange_batch.status = :status_1 AND exchange_batch.kind = :kind_1 AND (exchange_batch.taken_at > finding.observed_at OR exchange_batch.taken_at = finding.observed_at AND exchange_batch.judged_at > finding.judged_at))) OR (EXISTS (SELECT exchange_batch.day
FROM exchange_batch
WHERE exchange_batch.source = finding.source AND exchange_batch.status = :status_1 AND exchange_batch.day = finding.last_day AND exchange_batch.judged_at > finding.judged_at))) OR finding.[rule] IN (:rule_3_1, :rule_3_2, :rule_3_3, :rule_3_4, :rule_3_5, :rule_3_6, :rule_3_7, :rule_3_8, :rule_3_9, :rule_3_10, :rule_3_11, :rule_3_12, :rule_3_13, :rule_3_14, :rule_3_15, :rule_3_16, :rule_3_17) AND ((EXISTS (SELECT exchange_batch.day
FROM exchange_batch
WHERE exchange_batch.source = finding.source AND exchange_batch.status = :status_1 AND exchange_batch.day = finding.last_day AND exchange_batch.judged_at > finding.judged_at)) OR (EXISTS (SELECT exchange_batch.day
FROM exchange_batch
WHERE exchange_batch.source = finding.source AND exchange_batch.status = :status_1 AND exchange_batch.kind = :kind_1 AND (exchange_batch.taken_at > finding.observed_at OR exchange_batch.taken_at = finding.observed_at AND exchange_batch.judged_at > finding.judged_at))) OR NOT (finding.[rule] IN (:rule_4_1, :rule_4_2, :rule_4_3, :rule_4_4, :rule_4_5, :rule_4_6, :rule_4_7, :rule_4_8, :rule_4_9, :rule_4_10) AND (EXISTS (SELECT exchange_batch.day
FROM exchange_batch
WHERE exchange_batch.source = finding.source AND exchange_batch.day = finding.last_day AND exchange_batch.judged_at = finding.judged_at AND exchange_batch.status = :status_2))) AND (EXISTS (SELECT exchange_batch.day
FROM exchange_batch
WHERE exchange_batch.source = finding.source AND exchange_batch.status = :status_1 AND (exchange_batch.taken_at > finding.observed_at OR exchange_batch.taken_at = finding.observed_at AND exchange_batch.judged_at > finding.judged_at)))));

UPDATE finding SET [open]=:open FROM finding, [#staged_closed] WHERE finding.source = [#staged_closed].source AND finding.[rule] = [#staged_closed].[rule] AND finding.element = [#staged_closed].element AND finding.subject = [#staged_closed].subject;

INSERT INTO [#staged_known] (record, fate) SELECT [#staged_arrival].record, CASE WHEN ([#staged_arrival].digest = claim.digest AND ([#staged_arrival].observed_at > claim.observed_at OR [#staged_arrival].observed_at = claim.observed_at AND (:param_1 > claim.judged_at OR claim.judged_at = :param_1 AND [#staged_arrival].digest > claim.digest))) THEN :param_2 WHEN ([#staged_arrival].digest = claim.digest) THEN :param_3 WHEN (([#staged_arrival].observed_at > claim.observed_at OR [#staged_arrival].observed_at = claim.observed_at AND (:param_1 > claim.judged_at OR claim.judged_at = :param_1 AND [#staged_arrival].digest > claim.digest)) AND claim_history.record IS NOT NULL) THEN :param_4 WHEN ([#staged_arrival].observed_at > claim.observed_at OR [#staged_arrival].observed_at = claim.observed_at AND (:param_1 > claim.judged_at OR claim.judged_at = :param_1 AND [#staged_arrival].digest > claim.digest)) THEN :param_5 WHEN (claim_history.record IS NOT NULL) THEN :param_6 ELSE :param_7 END AS anon_1
FROM [#staged_arrival] JOIN claim ON claim.record = [#staged_arrival].record AND claim.source = :source_1 LEFT OUTER JOIN claim_history ON claim_history.record = [#staged_arrival].record AND claim_history.source = :source_2 AND claim_history.digest = [#staged_arrival].digest;

SELECT [#staged_known].fate, count(*) AS count_1
FROM [#staged_known] GROUP BY [#staged_known].fate;

SELECT [#staged_arrival].record, CASE WHEN ([#staged_known].record IS NOT NULL OR [#staged_rival].record IS NOT NULL) THEN :param_1 ELSE :param_2 END AS anon_1
FROM [#staged_arrival] LEFT OUTER JOIN [#staged_known] ON [#staged_known].record = [#staged_arrival].record LEFT OUTER JOIN [#staged_rival] ON [#staged_rival].record = [#staged_arrival].record
WHERE [#staged_known].record IS NULL OR [#staged_known].fate IN (:fate_1_1, :fate_1_2, :fate_1_3);

UPDATE claim SET first_observed_at=[#staged_arrival].observed_at FROM claim, [#staged_arrival], [#staged_known] WHERE claim.source = :source_1 AND claim.record = [#staged_arrival].record AND claim.digest = [#staged_arrival].digest AND [#staged_known].record = [#staged_arrival].record AND [#staged_known].fate IN (:fate_1_1) AND [#staged_arrival].observed_at < claim.first_observed_at;

INSERT INTO [#staged_need] (record, source, face_digest) SELECT claim.record, claim.source, claim.face_digest
FROM claim
WHERE claim.wins = 1 AND claim.certificate_identifier IS NULL AND claim.record IN (SELECT [#staged_known].record
FROM [#staged_known]
WHERE [#staged_known].fate IN (:fate_1_1, :fate_1_2) UNION SELECT [#staged_rival].record
FROM [#staged_rival]);

SELECT TOP 1 [#staged_need].record
FROM [#staged_need];

INSERT INTO claim_history (record, source, digest, certificate_name, certificate_type_name, certificate_type_code, certificate_number, certificate_identifier, certificate_issuing_authority_name, certificate_issuing_authority_code, certificate_issued_date, certificate_holder_name, certificate_holder_code, certificate_holder_type_name, certificate_holder_type_code, certificate_effective_date, certificate_expiring_date, certificate_signer, certificate_signed_time, certificate_signature_name, certificate_copy_creation_time, certificate_copy_creator, certificate_copy_cause, certificate_copy_expiring_time, certificate_status, certificate_area_code, certificate_holder_category, associated_certificate_identifier, identifier_version, face, source_updated_at, locator, batch, face_digest, first_observed_at, observed_at, judged_at) SELECT claim.record, claim.source, claim.digest, claim.certificate_name, claim.certificate_type_name, claim.certificate_type_code, claim.certificate_number, claim.certificate_identifier, claim.certificate_issuing_authority_name, claim.certificate_issuing_authority_code, claim.certificate_issued_date, claim.certificate_holder_name, claim.certificate_holder_code, claim.certificate_holder_type_name, claim.certificate_holder_type_code, claim.certificate_effective_date, claim.certificate_expiring_date, claim.certificate_signer, claim.certificate_signed_time, claim.certificate_signature_name, claim.certificate_copy_creation_time, claim.certificate_copy_creator, claim.certificate_copy_cause, claim.certificate_copy_expiring_time, claim.certificate_status, claim.certificate_area_code, claim.certificate_holder_category, claim.associated_certificate_identifier, claim.identifier_version, claim.face, claim.source_updated_at, claim.locator, claim.batch, claim.face_digest, claim.first_observed_at, claim.observed_at, claim.judged_at
FROM claim, [#staged_known]
WHERE claim.source = :source_1 AND claim.record = [#staged_known].record AND [#staged_known].fate IN (:fate_1_1, :fate_1_2);

UPDATE claim SET digest=[#staged_licence].digest, certificate_name=[#staged_licence].certificate_name, certificate_type_name=[#staged_licence].certificate_type_name, certificate_type_code=[#staged_licence].certificate_type_code, certificate_number=[#staged_licence].certificate_number, certificate_identifier=CASE WHEN ([#staged_licence].identifier_version IS NULL) THEN [#staged_licence].certificate_identifier ELSE NULL END, certificate_issuing_authority_name=[#staged_licence].certificate_issuing_authority_name, certificate_issuing_authority_code=[#staged_licence].certificate_issuing_authority_code, certificate_issued_date=[#staged_licence].certificate_issued_date, certificate_holder_name=[#staged_licence].certificate_holder_name, certificate_holder_code=[#staged_licence].certificate_holder_code, certificate_holder_type_name=[#staged_licence].certificate_holder_type_name, certificate_holder_type_code=[#staged_licence].certificate_holder_type_code, certificate_effective_date=[#staged_licence].certificate_effective_date, certificate_expiring_date=[#staged_licence].certificate_expiring_date, certificate_signer=[#staged_licence].certificate_signer, certificate_signed_time=[#staged_licence].certificate_signed_time, certificate_signature_name=[#staged_licence].certificate_signature_name, certificate_copy_creation_time=[#staged_licence].certificate_copy_creation_time, certificate_copy_creator=[#staged_licence].certificate_copy_creator, certificate_copy_cause=[#staged_licence].certificate_copy_cause, certificate_copy_expiring_time=[#staged_licence].certificate_copy_expiring_time, certificate_status=[#staged_licence].certificate_status, certificate_area_code=[#staged_licence].certificate_area_code, certificate_holder_category=[#staged_licence].certificate_holder_category, associated_certificate_identifier=[#staged_licence].associated_certificate_identifier, identifier_version=NULL, face=[#staged_licence].face, source_updated_at=[#staged_licence].source_updated_at, locator=[#staged_licence].locator, batch=:batch, face_digest=[#staged_licence].face_digest, first_observed_at=[#staged_licence].observed_at, observed_at=[#staged_licence].observed_at, judged_at=:judged_at FROM claim, [#staged_known], [#staged_licence] WHERE claim.source = :source_1 AND claim.record = [#staged_known].record AND [#staged_known].fate IN (:fate_1_1, :fate_1_2) AND [#staged_licence].record = [#staged_known].record;

UPDATE claim SET source_updated_at=[#staged_arrival].source_updated_at, locator=[#staged_arrival].locator, batch=:batch, observed_at=[#staged_arrival].observed_at, judged_at=:judged_at FROM claim, [#staged_arrival], [#staged_known] WHERE claim.source = :source_1 AND claim.record = [#staged_arrival].record AND claim.digest = [#staged_arrival].digest AND [#staged_known].record = [#staged_arrival].record AND [#staged_known].fate IN (:fate_1_1) AND ([#staged_arrival].observed_at > claim.observed_at OR [#staged_arrival].observed_at = claim.observed_at AND :param_1 > claim.judged_at);

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

UPDATE claim SET withdrawn=:withdrawn WHERE claim.source = :source_1 AND claim.withdrawn = 1 AND NOT (EXISTS (SELECT sighting.record
FROM sighting
WHERE sighting.source = :source_2 AND sighting.seen_at < :seen_at_1 AND sighting.record = claim.record));

UPDATE claim SET withdrawn=:withdrawn WHERE claim.source = :source_1 AND claim.withdrawn = 0 AND (EXISTS (SELECT sighting.record
FROM sighting
WHERE sighting.source = :source_2 AND sighting.seen_at < :seen_at_1 AND sighting.record = claim.record));

UPDATE claim SET certificate_identifier=claim_history.certificate_identifier, identifier_version=claim_history.identifier_version FROM claim, [#staged_known], claim_history WHERE claim.source = :source_1 AND claim.record = [#staged_known].record AND [#staged_known].fate IN (:fate_1_1) AND claim_history.record = claim.record AND claim_history.source = claim.source AND claim_history.digest = claim.digest AND claim_history.identifier_version IS NOT NULL;

UPDATE claim SET first_observed_at=claim_history.first_observed_at FROM claim, [#staged_known], claim_history WHERE claim.source = :source_1 AND claim.record = [#staged_known].record AND [#staged_known].fate IN (:fate_1_1) AND claim_history.record = claim.record AND claim_history.source = claim.source AND claim_history.digest = claim.digest AND claim_history.first_observed_at < claim.first_observed_at;

DELETE FROM claim_history WHERE claim_history.source = :source_1 AND claim_history.record IN (SELECT [#staged_known].record
FROM [#staged_known]
WHERE [#staged_known].fate IN (:fate_1_1)) AND (EXISTS (SELECT claim.record
FROM claim
WHERE claim_history.record = claim.record AND claim_history.source = claim.source AND claim_history.digest = claim.digest));

UPDATE claim_history SET first_observed_at=[#staged_arrival].observed_at FROM claim_history, [#staged_arrival], [#staged_known] WHERE claim_history.source = :source_1 AND claim_history.record = [#staged_arrival].record AND claim_history.digest = [#staged_arrival].digest AND [#staged_known].record = [#staged_arrival].record AND [#staged_known].fate IN (:fate_1_1) AND [#staged_arrival].observed_at < claim_history.first_observed_at;

UPDATE claim_history SET source_updated_at=[#staged_arrival].source_updated_at, locator=[#staged_arrival].locator, batch=:batch, observed_at=[#staged_arrival].observed_at, judged_at=:judged_at FROM claim_history, [#staged_arrival], [#staged_known] WHERE claim_history.source = :source_1 AND claim_history.record = [#staged_arrival].record AND claim_history.digest = [#staged_arrival].digest AND [#staged_known].record = [#staged_arrival].record AND [#staged_known].fate IN (:fate_1_1) AND ([#staged_arrival].observed_at > claim_history.observed_at OR [#staged_arrival].observed_at = claim_history.observed_at AND :param_1 > claim_history.judged_at);

INSERT INTO claim_history (record, source, digest, certificate_name, certificate_type_name, certificate_type_code, certificate_number, certificate_identifier, certificate_issuing_authority_name, certificate_issuing_authority_code, certificate_issued_date, certificate_holder_name, certificate_holder_code, certificate_holder_type_name, certificate_holder_type_code, certificate_effective_date, certificate_expiring_date, certificate_signer, certificate_signed_time, certificate_signature_name, certificate_copy_creation_time, certificate_copy_creator, certificate_copy_cause, certificate_copy_expiring_time, certificate_status, certificate_area_code, certificate_holder_category, associated_certificate_identifier, identifier_version, face, source_updated_at, locator, batch, face_digest, first_observed_at, observed_at, judged_at) SELECT [#staged_licence].record, :param_1 AS anon_1, [#staged_licence].digest, [#staged_licence].certificate_name, [#staged_licence].certificate_type_name, [#staged_licence].certificate_type_code, [#staged_licence].certificate_number, CASE WHEN ([#staged_licence].identifier_version IS NULL) THEN [#staged_licence].certificate_identifier ELSE NULL END AS anon_2, [#staged_licence].certificate_issuing_authority_name, [#staged_licence].certificate_issuing_authority_code, [#staged_licence].certificate_issued_date, [#staged_licence].certificate_holder_name, [#staged_licence].certificate_holder_code, [#staged_licence].certificate_holder_type_name, [#staged_licence].certificate_holder_type_code, [#staged_licence].certificate_effective_date, [#staged_licence].certificate_expiring_date, [#staged_licence].certificate_signer, [#staged_licence].certificate_signed_time, [#staged_licence].certificate_signature_name, [#staged_licence].certificate_copy_creation_time, [#staged_licence].certificate_copy_creator, [#staged_licence].certificate_copy_cause, [#staged_licence].certificate_copy_expiring_time, [#staged_licence].certificate_status, [#staged_licence].certificate_area_code, [#staged_licence].certificate_holder_category, [#staged_licence].associated_certificate_identifier, NULL AS anon_3, [#staged_licence].face, [#staged_licence].source_updated_at, [#staged_licence].locator, :param_2 AS anon_4, [#staged_licence].face_digest, [#staged_licence].observed_at, [#staged_licence].observed_at AS observed_at__1, :param_3 AS anon_5
FROM [#staged_licence], [#staged_known]
WHERE [#staged_licence].record = [#staged_known].record AND [#staged_known].fate IN (:fate_1_1);

UPDATE sighting SET seen_at=:seen_at, locator=[#staged_seen].locator, certificate_number=[#staged_seen].certificate_number FROM sighting, [#staged_seen] WHERE sighting.source = :source_1 AND sighting.record = [#staged_seen].record AND sighting.seen_at < :seen_at_1;

INSERT INTO [#staged_rival] (record) SELECT DISTINCT [#staged_arrival].record
FROM [#staged_arrival] JOIN claim ON claim.record = [#staged_arrival].record AND claim.source IN (:source_1_1);

INSERT INTO claim (record, source, digest, certificate_name, certificate_type_name, certificate_type_code, certificate_number, certificate_identifier, certificate_issuing_authority_name, certificate_issuing_authority_code, certificate_issued_date, certificate_holder_name, certificate_holder_code, certificate_holder_type_name, certificate_holder_type_code, certificate_effective_date, certificate_expiring_date, certificate_signer, certificate_signed_time, certificate_signature_name, certificate_copy_creation_time, certificate_copy_creator, certificate_copy_cause, certificate_copy_expiring_time, certificate_status, certificate_area_code, certificate_holder_category, associated_certificate_identifier, identifier_version, face, source_updated_at, locator, batch, face_digest, first_observed_at, observed_at, judged_at, wins, withdrawn) SELECT [#staged_licence].record, :param_1 AS anon_1, [#staged_licence].digest, [#staged_licence].certificate_name, [#staged_licence].certificate_type_name, [#staged_licence].certificate_type_code, [#staged_licence].certificate_number, CASE WHEN ([#staged_licence].identifier_version IS NULL) THEN [#staged_licence].certificate_identifier ELSE NULL END AS anon_2, [#staged_licence].certificate_issuing_authority_name, [#staged_licence].certificate_issuing_authority_code, [#staged_licence].certificate_issued_date, [#staged_licence].certificate_holder_name, [#staged_licence].certificate_holder_code, [#staged_licence].certificate_holder_type_name, [#staged_licence].certificate_holder_type_code, [#staged_licence].certificate_effective_date, [#staged_licence].certificate_expiring_date, [#staged_licence].certificate_signer, [#staged_licence].certificate_signed_time, [#staged_licence].certificate_signature_name, [#staged_licence].certificate_copy_creation_time, [#staged_licence].certificate_copy_creator, [#staged_licence].certificate_copy_cause, [#staged_licence].certificate_copy_expiring_time, [#staged_licence].certificate_status, [#staged_licence].certificate_area_code, [#staged_licence].certificate_holder_category, [#staged_licence].associated_certificate_identifier, NULL AS anon_3, [#staged_licence].face, [#staged_licence].source_updated_at, [#staged_licence].locator, :param_2 AS anon_4, [#staged_licence].face_digest, [#staged_licence].observed_at, [#staged_licence].observed_at AS observed_at__1, :param_3 AS anon_5, 0 AS anon_6, 0 AS anon__1
FROM [#staged_licence] LEFT OUTER JOIN [#staged_known] ON [#staged_known].record = [#staged_licence].record
WHERE [#staged_known].record IS NULL;

INSERT INTO [#staged_winner] (record, source, won) SELECT anon_1.record, anon_1.source, anon_1.wins
FROM (SELECT claim.record AS record, claim.source AS source, claim.wins AS wins, row_number() OVER (PARTITION BY claim.record ORDER BY claimant.precedence DESC, claim.observed_at DESC, claim.judged_at DESC, claim.digest DESC, claim.source DESC) AS place
FROM claim JOIN [#staged_rival] ON [#staged_rival].record = claim.record JOIN claimant ON claimant.source = claim.source AND claimant.certificate_type_code = claim.certificate_type_code) AS anon_1
WHERE anon_1.place = :place_1;

UPDATE claim SET wins=0 FROM claim, [#staged_winner] WHERE claim.record = [#staged_winner].record AND claim.source != [#staged_winner].source AND claim.wins != 0;

UPDATE claim SET wins=1 FROM claim, [#staged_winner] WHERE claim.record = [#staged_winner].record AND claim.source = [#staged_winner].source AND claim.wins != 1;

DELETE FROM finding_seen WHERE finding_seen.[rule] = :rule_1 AND finding_seen.day = :day_1 AND finding_seen.subject IN (SELECT [#staged_rival].record
FROM [#staged_rival]
WHERE (EXISTS (SELECT [#staged_arrival].record
FROM [#staged_arrival]
WHERE [#staged_arrival].record = [#staged_rival].record)) AND NOT (EXISTS (SELECT [#staged_known].record
FROM [#staged_known]
WHERE [#staged_known].record = [#staged_rival].record AND [#staged_known].fate IN (:fate_1_1, :fate_1_2, :fate_1_3, :fate_1_4))));

UPDATE finding SET [open]=:open WHERE finding.[rule] = :rule_1 AND finding.[open] = 1 AND finding.subject IN (SELECT [#staged_rival].record
FROM [#staged_rival]
WHERE (EXISTS (SELECT [#staged_arrival].record
FROM [#staged_arrival]
WHERE [#staged_arrival].record = [#staged_rival].record)) AND NOT (EXISTS (SELECT [#staged_known].record
FROM [#staged_known]
WHERE [#staged_known].record = [#staged_rival].record AND [#staged_known].fate IN (:fate_1_1, :fate_1_2, :fate_1_3, :fate_1_4)))) AND (finding.subject NOT IN (SELECT claim.record
FROM claim, claim AS other
WHERE claim.record IN (SELECT [#staged_rival].record
FROM [#staged_rival]
WHERE (EXISTS (SELECT [#staged_arrival].record
FROM [#staged_arrival]
WHERE [#staged_arrival].record = [#staged_rival].record)) AND NOT (EXISTS (SELECT [#staged_known].record
FROM [#staged_known]
WHERE [#staged_known].record = [#staged_rival].record AND [#staged_known].fate IN (:fate_1_1, :fate_1_2, :fate_1_3, :fate_1_4)))) AND other.record = claim.record AND other.source != claim.source AND (claim.face != other.face AND claim.face != :face_1 AND other.face != :face_2 OR claim.certificate_issued_date != other.certificate_issued_date OR claim.certificate_holder_name != other.certificate_holder_name OR claim.certificate_holder_code != other.certificate_holder_code OR claim.certificate_holder_type_code != other.certificate_holder_type_code OR claim.certificate_effective_date != other.certificate_effective_date OR claim.certificate_expiring_date != other.certificate_expiring_date OR claim.certificate_signer != other.certificate_signer OR claim.certificate_signed_time != other.certificate_signed_time OR claim.certificate_signature_name != other.certificate_signature_name OR claim.certificate_copy_creation_time != other.certificate_copy_creation_time OR claim.certificate_copy_creator != other.certificate_copy_creator OR claim.certificate_copy_cause != other.certificate_copy_cause OR claim.certificate_copy_expiring_time != other.certificate_copy_expiring_time OR claim.certificate_area_code != other.certificate_area_code OR claim.certificate_holder_category != other.certificate_holder_category OR claim.associated_certificate_identifier != other.associated_certificate_identifier OR claim.certificate_status != other.certificate_status)));

SELECT claim.source AS source, claim.record AS subject, claim.observed_at AS observed_at, claim.judged_at AS judged_at, claim.locator AS locator, claim.certificate_number AS certificate_number, (SELECT min(further.source) AS min_1
FROM claim AS further
WHERE further.record = claim.record AND further.source != claim.source) AS expected
FROM claim
WHERE claim.record IN (SELECT claim.record
FROM claim AS other
WHERE claim.record IN (SELECT [#staged_rival].record
FROM [#staged_rival]
WHERE (EXISTS (SELECT [#staged_arrival].record
FROM [#staged_arrival]
WHERE [#staged_arrival].record = [#staged_rival].record)) AND NOT (EXISTS (SELECT [#staged_known].record
FROM [#staged_known]
WHERE [#staged_known].record = [#staged_rival].record AND [#staged_known].fate IN (:fate_1_1, :fate_1_2, :fate_1_3, :fate_1_4)))) AND other.record = claim.record AND other.source != claim.source AND (claim.face != other.face AND claim.face != :face_1 AND other.face != :face_2 OR claim.certificate_issued_date != other.certificate_issued_date OR claim.certificate_holder_name != other.certificate_holder_name OR claim.certificate_holder_code != other.certificate_holder_code OR claim.certificate_holder_type_code != other.certificate_holder_type_code OR claim.certificate_effective_date != other.certificate_effective_date OR claim.certificate_expiring_date != other.certificate_expiring_date OR claim.certificate_signer != other.certificate_signer OR claim.certificate_signed_time != other.certificate_signed_time OR claim.certificate_signature_name != other.certificate_signature_name OR claim.certificate_copy_creation_time != other.certificate_copy_creation_time OR claim.certificate_copy_creator != other.certificate_copy_creator OR claim.certificate_copy_cause != other.certificate_copy_cause OR claim.certificate_copy_expiring_time != other.certificate_copy_expiring_time OR claim.certificate_area_code != other.certificate_area_code OR claim.certificate_holder_category != other.certificate_holder_category OR claim.associated_certificate_identifier != other.associated_certificate_identifier OR claim.certificate_status != other.certificate_status));
