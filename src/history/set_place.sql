INSERT INTO dim_place VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (place_id) DO UPDATE
SET cloud = excluded.cloud, region = excluded.region, zone = excluded.zone
