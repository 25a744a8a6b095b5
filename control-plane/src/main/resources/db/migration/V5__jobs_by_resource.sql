-- Jobs of one resource are done one after the other, whatever kind it is of.
DROP INDEX jobs_of_resource;
CREATE INDEX jobs_of_resource ON jobs (resource_type, resource_id, number)
  WHERE status IN ('PENDING', 'IN_PROGRESS');
